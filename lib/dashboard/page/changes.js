// Who changed what, and when: the last lines of the audit log. Loaded when they are asked for, and read again while
// they are shown.
import * as api from './api.js';
import { byId, h } from './dom.js';
import { icon } from './icons.js';
import { tellError } from './notices.js';
import { currentLanguage, serverLanguage, t, whenOf } from './words.js';

const most = 30;
const again_ms = 5000;

/// "anna (192.168.1.7)"; whatever of it is known.
function whoOf({ uid, user, address }) {
    const name = user ?? (uid === null ? null : t('change_uid', { uid }));
    if (name === null) return address ?? t('change_unknown');
    return address === null ? name : `${name} (${address})`;
}

function changeNode({ at, way, uid, user, address, what, result }) {
    const isDone = result === 'ok';
    const lang = serverLanguage();
    return h('li', { class: 'finding', 'data-tone': isDone ? 'live' : 'warn' }, icon(isDone ? 'ok' : 'trouble'),
        h('div', {},
            h('p', {}, h('span', { class: 'change-what', lang, text: what }),
                isDone ? h('span', { class: 'unseen', text: ` ${t('change_done')}` }) :
                    h('span', { class: 'change-result' }, ` ${t('change_not_done')} `, h('span', { lang, text: result }))),
            h('p', { class: 'hint' }, h('time', { datetime: at, text: whenOf(at) }),
                ` · ${whoOf({ uid, user, address })} · ${t(`way_${way}`)}`)));
}

export class ChangesPanel {
    constructor() {
        this.details = byId('changes-details');
        this.body = byId('changes-body');
        this.changes = null;
        this.isTold = false;
        this.shown = '';
    }

    /// They were opened or closed.
    update() {
        clearTimeout(this.timer);
        if (this.details.open) this.#read();
    }

    async #read() {
        this.refreshWords();
        try {
            this.changes = (await api.audit(most)).changes;
        } catch (error) {
            if (!this.isTold) tellError(error, t('error_changes'));
            this.isTold = true;
        }
        this.refreshWords();
        clearTimeout(this.timer);
        if (this.details.open) this.timer = setTimeout(() => this.#read(), again_ms);
    }

    refreshWords() {
        // What is the same stays: somebody may be reading it.
        const text = JSON.stringify([currentLanguage(), this.changes]);
        if (text === this.shown) return;
        this.shown = text;
        if (this.changes === null || this.changes.length === 0) {
            this.body.replaceChildren(h('p', { class: 'hint', text: t(this.changes === null ? 'loading' : 'changes_none') }));
            return;
        }
        this.body.replaceChildren(h('ul', { class: 'findings', role: 'list' }, ...this.changes.toReversed().map(changeNode)));
    }
}
