// At a glance: how many are live, and what is not as it should be; also in the window's title.
import { groupOf } from './destination_state.js';
import { byId, h } from './dom.js';
import { icon } from './icons.js';
import { model } from './model.js';
import { plural, t } from './words.js';

const groups = { busy: { tone: 'busy', icon: 'busy' }, waiting: { tone: 'wait', icon: 'waiting' },
    trouble: { tone: 'bad', icon: 'trouble' }, stopped: { tone: 'quiet', icon: 'stopped' } };

function chip(tone, shape, text, href = null) {
    const inside = [icon(shape), h('span', { text })];
    return h('li', { class: 'chip', 'data-tone': tone }, href === null ? h('span', {}, ...inside) : h('a', { href }, ...inside));
}

export class Summary {
    constructor() {
        this.node = byId('summary');
        this.shown = '';
    }

    /// `cards`: the name and what describe() says of each.
    update(cards, link) {
        const counts = { live: 0, busy: 0, waiting: 0, trouble: 0, stopped: 0, off: 0 };
        const first = {};
        for (const { name, state } of cards) {
            const group = groupOf(state);
            counts[group] += 1;
            first[group] ??= name;
        }
        // Those that are switched off are no part of it.
        const all = cards.length - counts.off;
        this.#title(counts.live, all, cards.length, link);
        const text = JSON.stringify([counts, first, model.status?.ingest.state, document.documentElement.lang]);
        if (text === this.shown) return;
        this.shown = text;
        this.node.replaceChildren(...this.#chips(counts, first, all, cards.length));
    }

    #title(live, all, configured, link) {
        let title = 'restream';
        if (link === 'lost') title = t('title_lost');
        else if (configured > 0) title = all > 0 ? t('title_live', { live, all }) : t('title_none');
        if (document.title !== title) document.title = title;
    }

    #chips(counts, first, all, configured) {
        const chips = [];
        const words = all > 0 ? t('summary_live', { live: counts.live, all }) : t('summary_none');
        if (configured > 0) chips.push(chip(counts.live > 0 ? 'live' : 'quiet', counts.live > 0 ? 'live' : 'off', words));
        for (const [group, look] of Object.entries(groups)) {
            if (counts[group] === 0) continue;
            chips.push(chip(look.tone, look.icon, plural(`summary_${group}`, counts[group]), `#destination-${first[group]}`));
        }
        const ingest = model.status?.ingest.state;
        if (ingest === 'down') chips.push(chip('bad', 'trouble', t('summary_ingest_down'), '#ingest'));
        if (ingest === 'silent') chips.push(chip('bad', 'trouble', t('summary_ingest_silent'), '#ingest'));
        if (ingest === 'no_publisher') chips.push(chip('wait', 'waiting', t('summary_no_picture'), '#ingest'));
        return chips;
    }
}
