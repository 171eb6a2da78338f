// Messages that come and go: errors until they are dismissed, the rest for a while.
import { byId, h } from './dom.js';
import { icon } from './icons.js';
import { t, serverLanguage } from './words.js';

const kept_ms = 12000;
const most = 4;

/// `action`: {word, run} adds a button. `isServers`: the text is the server's, in English.
export function notice({ kind = 'done', title = '', message, remedy = '', action = null,
    isServers = false }) {
    const lang = isServers ? serverLanguage() : null;
    const node = h('div', { class: `notice notice-${kind}`, role: kind === 'error' ? 'alert' : 'status' },
        icon(kind === 'error' ? 'trouble' : 'ok'),
        h('div', { class: 'notice-text' },
            title === '' ? null : h('p', { class: 'notice-title', text: title }),
            h('p', { text: message, lang }),
            remedy === '' ? null : h('p', { class: 'remedy', text: remedy, lang }),
            action === null ? null : h('p', {}, h('button', { type: 'button', class: 'small', text: action.word,
                on: { click: () => { node.remove(); action.run(); } } }))),
        h('button', { type: 'button', class: 'icon-button', 'aria-label': t('dismiss'),
            on: { click: () => node.remove() } }, icon('close')));
    // What is outside of a modal dialog can neither be read nor clicked.
    const region = [...document.querySelectorAll('dialog[open] .dialog-notices')].at(-1) ?? byId('notices');
    region.append(node);
    while (region.children.length > most) region.firstElementChild.remove();
    if (kind !== 'error') setTimeout(() => node.remove(), kept_ms);
}

/// A command's document: whether all went well; else its own messages are told.
export function tellUnlessDone({ exit_status: status = 0, messages = [] }, title) {
    if (status === 0) return true;
    notice({ kind: 'error', title, message: messages.join('; '), isServers: true });
    return false;
}

/// An ApiError, told. `title`: what was attempted.
export function tellError(error, title = '') {
    if (error.isSilent) return;
    if (error.code === undefined) throw error;
    notice({ kind: 'error', title, message: error.message, remedy: error.remedy ?? '',
        isServers: error.isServers });
}
