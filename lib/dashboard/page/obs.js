// What OBS must be given: server and stream key, the key hidden until it is asked for.
import * as api from './api.js';
import { copyButton } from './copy.js';
import { h, setText, show } from './dom.js';
import { tellError } from './notices.js';
import { t } from './words.js';

/// A key that was shown is hidden again by itself: broadcasts show screens.
const shown_ms = 30000;

export class ObsSettings {
    constructor() {
        this.server = h('code', { class: 'value' });
        this.key = h('code', { class: 'value' });
        this.noKey = h('span', { class: 'value-note' });
        this.node = h('div', { class: 'obs' });
        this.refreshWords();
    }

    refreshWords() {
        this.hideKey?.();
        this.toggle = h('button', { type: 'button', class: 'small', on: { click: () => this.#toggleKey() } });
        this.copyKey = copyButton(t('obs_copy_key'), () => this.#findKey());
        this.noKey.textContent = t('obs_key_empty');
        this.node.replaceChildren(
            h('p', { class: 'hint', text: t('obs_where') }),
            h('dl', { class: 'obs-values' },
                h('dt', { text: t('obs_server') }),
                h('dd', {}, this.server, copyButton(t('obs_copy_server'), async () => this.server.textContent)),
                h('dt', { text: t('obs_key') }),
                h('dd', {}, this.key, this.noKey, this.toggle, this.copyKey)),
            h('p', { class: 'hint', text: t('obs_keyframes') }));
        this.hideKey();
        this.update(this.obs ?? null);
    }

    /// `obs` of the ingest's document, or null.
    update(obs) {
        this.obs = obs;
        const hasKey = obs?.has_key ?? false;
        setText(this.server, obs?.server ?? '…');
        show(this.key, hasKey);
        show(this.toggle, hasKey);
        show(this.copyKey, hasKey);
        show(this.noKey, obs !== null && !hasKey);
    }

    hideKey() {
        clearTimeout(this.timer);
        this.isShown = false;
        if (this.toggle === undefined) return;
        this.key.textContent = '••••••••';
        this.key.setAttribute('aria-label', t('obs_key_hidden'));
        this.toggle.textContent = t('show');
        this.toggle.setAttribute('aria-label', t('obs_show_key'));
    }

    async #findKey() {
        try {
            return (await api.revealPublishKey()).key;
        } catch (error) {
            tellError(error, t('error_key'));
            return null;
        }
    }

    async #toggleKey() {
        if (this.isShown) {
            this.hideKey();
            return;
        }
        const key = await this.#findKey();
        if (key === null) return;
        this.isShown = true;
        this.key.textContent = key;
        this.key.removeAttribute('aria-label');
        this.toggle.textContent = t('hide');
        this.toggle.setAttribute('aria-label', t('obs_hide_key'));
        this.timer = setTimeout(() => this.hideKey(), shown_ms);
    }
}
