// A new stream key, and another try with it.
import * as api from './api.js';
import { openDialog, whileBusy } from './dialogs.js';
import { keyField, tellSaved } from './destination_form.js';
import { h } from './dom.js';
import { find, serviceOf } from './model.js';
import { tellError } from './notices.js';
import { wish } from './wishes.js';
import { t } from './words.js';

export function openKeyDialog(name) {
    const status = find(name);
    const service = serviceOf(status?.service ?? '');
    const key = keyField(t('form_key_hint'));
    const page = service?.key_page ?? '';
    const link = page.startsWith('https://') ? h('p', { class: 'hint' }, h('a', { href: page, target: '_blank',
        rel: 'noopener noreferrer', text: t('form_key_page', { platform: service.name }) })) : null;
    const isTriedAgain = status?.state === 'backoff' || status?.state === 'rejected';
    const save = h('button', { type: 'submit', class: 'primary', text: t(isTriedAgain ? 'key_save_try' : 'key_save') });
    const submit = async () => {
        const value = key.control.value.trim();
        key.fail(value === '' ? t('key_needed') : '');
        if (value === '') {
            key.control.focus();
            return;
        }
        try {
            const { is_alive: isAlive } = await whileBusy(save, t('form_saving'), () => api.putKey(name, value));
            dialog.close();
            tellSaved(name, isAlive && !isTriedAgain, 'key_saved');
            if (isTriedAgain) wish(name, true);
        } catch (error) {
            tellError(error, t('error_save'));
        }
    };
    const cancel = h('button', { type: 'button', text: t('cancel'), on: { click: () => dialog.close() } });
    const dialog = openDialog({ title: t('key_title', { name }), kind: 'dialog-small', submit,
        body: [key.node, ...(link === null ? [] : [link])], actions: [cancel, save] });
    key.control.focus();
}
