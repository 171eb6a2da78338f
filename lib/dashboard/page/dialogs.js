// Dialogs: the browser's own, which keep the focus inside, and end with Escape.
import { byId, freshId, h } from './dom.js';
import { icon } from './icons.js';
import { nodesOf } from './sentences.js';
import { t } from './words.js';

/// To where the dialog was opened from; where that is gone or hidden by now, near it.
export function giveFocusBack(opener) {
    const { activeElement } = document;
    if (activeElement !== null && activeElement !== document.body && activeElement.checkVisibility()) return;
    const near = [opener, opener?.closest('details')?.querySelector('summary'), byId('destinations')];
    near.find((each) => each?.isConnected && each !== document.body && each.checkVisibility())?.focus();
}

/// Opens a dialog. `body`: nodes; `actions`: buttons, the last is the main one. With `submit`, the whole
/// is a form, and Enter does the same as its submit button. Gives {node, close}.
export function openDialog({ title, body, actions = [], kind = '', submit = null, onClose = () => {} }) {
    const id = freshId('dialog');
    const notices = h('div', { class: 'dialog-notices' });
    const parts = [
        h('div', { class: 'dialog-head' },
            h('h2', { id, text: title }),
            h('button', { type: 'button', class: 'icon-button', 'aria-label': t('close'),
                on: { click: () => node.close() } }, icon('close'))),
        h('div', { class: 'dialog-body' }, ...body),
        notices,
        actions.length === 0 ? null : h('div', { class: 'dialog-actions' }, ...actions),
    ];
    const opener = document.activeElement;
    const onSubmit = (event) => { event.preventDefault(); submit(); };
    const inside = submit === null ? h('div', { class: 'dialog-inside' }, ...parts) :
        h('form', { class: 'dialog-inside', novalidate: true, on: { submit: onSubmit } }, ...parts);
    const node = h('dialog', { class: `dialog ${kind}`, 'aria-labelledby': id }, inside,
        h('p', { class: 'unseen announcer', role: 'status', 'aria-live': 'polite' }));
    node.addEventListener('close', () => {
        // What a form was refused for is over with it; the rest is still to be read.
        if (submit === null) byId('notices').append(...notices.children);
        node.remove();
        giveFocusBack(opener);
        onClose();
    });
    document.body.append(node);
    node.showModal();
    return { node, close: () => node.close() };
}

/// Asks before something that viewers would notice. `lines`: what it does. Resolves to whether it was
/// confirmed; what is safe has the focus.
export function confirm({ title, lines, action }) {
    return new Promise((resolve) => {
        let isConfirmed = false;
        const cancel = h('button', { type: 'button', text: t('cancel'), on: { click: () => dialog.close() } });
        const go = h('button', { type: 'button', class: 'danger', text: action,
            on: { click: () => { isConfirmed = true; dialog.close(); } } });
        const dialog = openDialog({ title, kind: 'dialog-small', actions: [cancel, go],
            body: lines.map(({ text, isStrong }) => h('p', { class: isStrong ? 'strong' : null, text })),
            onClose: () => resolve(isConfirmed) });
        cancel.focus();
    });
}

/// A labelled field with a hint and a place for what is wrong. `control`: an input or select.
/// Gives {node, control, fail(text), setHint(text)}; what fails may be told in pieces, as sentences.js gives them.
export function field(label, control, hint = '', extra = null) {
    const id = freshId('field');
    control.id = id;
    const hintNode = h('p', { class: 'hint', id: `${id}-hint`, text: hint });
    const error = h('p', { class: 'field-error', id: `${id}-error`, role: 'alert' });
    control.setAttribute('aria-describedby', `${id}-hint ${id}-error`);
    // What was wrong is being mended.
    control.addEventListener('input', () => { error.replaceChildren(); control.removeAttribute('aria-invalid'); });
    const node = h('div', { class: 'field' }, h('label', { for: id, text: label }), control, hintNode, error, extra);
    return {
        node, control,
        setHint(text) { hintNode.textContent = text; },
        /// "" takes it back.
        fail(text) {
            error.replaceChildren(...nodesOf(typeof text === 'string' && text !== '' ? [{ text, lang: null }] : [...text]));
            if (text === '') control.removeAttribute('aria-invalid');
            else control.setAttribute('aria-invalid', 'true');
        },
    };
}

/// Runs `work` while the buttons of the dialog can't be pressed again; `button` says `word` meanwhile.
export async function whileBusy(button, word, work) {
    const text = button.textContent;
    const dialog = button.closest('dialog');
    const buttons = dialog === null ? [button] : [...dialog.querySelectorAll('.dialog-actions button')];
    for (const each of buttons) each.disabled = true;
    button.textContent = word;
    try {
        return await work();
    } finally {
        for (const each of buttons) each.disabled = false;
        button.textContent = text;
    }
}
