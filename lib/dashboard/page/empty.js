// What stands where there is no destination yet: the two steps.
import { ingest } from './commands.js';
import { openAddForm } from './destination_form.js';
import { byId, h, setText, show } from './dom.js';
import { model, serviceOf } from './model.js';
import { ObsSettings } from './obs.js';
import { t } from './words.js';

const first_services = ['twitch', 'youtube', 'facebook', 'kick'];

export class EmptyState {
    constructor() {
        this.node = byId('empty');
        this.obs = new ObsSettings();
        this.refreshWords();
    }

    refreshWords() {
        this.obs.refreshWords();
        this.seen = h('p', { class: 'step-done', hidden: true });
        this.start = h('button', { type: 'button', class: 'primary', hidden: true, text: t('ingest_start'),
            on: { click: () => ingest('start', this.start) } });
        this.choices = h('div', { class: 'choices' });
        this.node.replaceChildren(h('div', { class: 'empty' },
            h('h3', { class: 'empty-title', text: t('empty_title') }),
            h('p', { class: 'empty-lead', text: t('empty_lead') }),
            h('ol', { class: 'steps' },
                h('li', {}, h('h4', { text: t('empty_obs_title') }), this.seen, this.start, this.obs.node),
                h('li', {}, h('h4', { text: t('empty_add_title') }), h('p', { text: t('empty_add_lead') }), this.choices))));
        this.update();
    }

    update() {
        this.obs.update(model.obs);
        setText(this.seen, t('empty_obs_seen'));
        const { state = null, server = null } = model.status?.ingest ?? {};
        show(this.seen, state === 'live');
        show(this.start, state === 'down' && server !== 'external');
        if (this.choices.children.length > 0 && this.shownServices === model.services) return;
        this.shownServices = model.services;
        const known = first_services.map(serviceOf).filter((each) => each !== null);
        this.choices.replaceChildren(
            ...known.map((each) => h('button', { type: 'button', class: 'choice', text: each.name,
                on: { click: () => openAddForm(each.id) } })),
            h('button', { type: 'button', class: 'choice', text: t('empty_other'), on: { click: () => openAddForm('') } }));
    }
}
