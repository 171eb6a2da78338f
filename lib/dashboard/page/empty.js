// What stands where there is no destination yet: the two steps.
import { ingest } from './commands.js';
import { openAddForm } from './destination_form.js';
import { byId, h, setText, show } from './dom.js';
import { model, serviceOf } from './model.js';
import { ObsSettings } from './obs.js';
import { currentLanguage, t } from './words.js';

const first_services = ['twitch', 'youtube', 'facebook', 'kick'];

/// A button for each of the best known platforms, and one for the rest.
class Choices {
    constructor() {
        this.node = h('div', { class: 'choices' });
    }

    update() {
        const text = JSON.stringify([currentLanguage(), model.services]);
        if (this.shown === text) return;
        this.shown = text;
        const known = first_services.map(serviceOf).filter((each) => each !== null);
        this.node.replaceChildren(
            ...known.map((each) => h('button', { type: 'button', class: 'choice', text: each.name,
                on: { click: () => openAddForm(each.id) } })),
            h('button', { type: 'button', class: 'choice', text: t('empty_other'), on: { click: () => openAddForm('') } }));
    }
}

/// Below the first destinations: what could be the next.
export class MorePlaces {
    constructor() {
        this.choices = new Choices();
        this.title = h('h3');
        this.lead = h('p', { class: 'hint' });
        byId('more').append(h('div', { class: 'more' }, this.title, this.lead, this.choices.node));
        this.refreshWords();
    }

    refreshWords() {
        setText(this.title, t('more_title'));
        setText(this.lead, t('more_lead'));
        this.update();
    }

    update() { this.choices.update(); }
}

export class EmptyState {
    constructor() {
        this.node = byId('empty');
        this.obs = new ObsSettings();
        this.choices = new Choices();
        this.refreshWords();
    }

    refreshWords() {
        this.obs.refreshWords();
        this.seen = h('p', { class: 'step-done', hidden: true });
        this.start = h('button', { type: 'button', class: 'primary', hidden: true, text: t('ingest_start'),
            on: { click: () => ingest('start', this.start) } });
        this.node.replaceChildren(h('div', { class: 'empty' },
            h('h3', { class: 'empty-title', text: t('empty_title') }),
            h('p', { class: 'empty-lead', text: t('empty_lead') }),
            h('ol', { class: 'steps' },
                h('li', {}, h('h4', { text: t('empty_obs_title') }), this.seen, this.start, this.obs.node),
                h('li', {}, h('h4', { text: t('empty_add_title') }), h('p', { text: t('empty_add_lead') }), this.choices.node))));
        this.update();
    }

    update() {
        this.obs.update(model.obs);
        setText(this.seen, t('empty_obs_seen'));
        const { state = null, server = null } = model.status?.ingest ?? {};
        show(this.seen, state === 'live');
        show(this.start, state === 'down' && server !== 'external');
        this.choices.update();
    }
}
