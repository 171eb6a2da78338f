// Messages that come and go: errors until they are dismissed, the rest for a while.
import { byId, h } from './dom.js';
import { icon } from './icons.js';
import { errorPieces, nodesOf, outcomePieces } from './sentences.js';
import { t } from './words.js';

const kept_ms = 12000;
const most = 4;

/// `message`: text, or pieces as sentences.js gives them; `remedy`: pieces. `action`: {word, run} adds a button.
export function notice({ kind = 'done', title = '', message, remedy = [], action = null }) {
    const pieces = typeof message === 'string' ? [{ text: message, lang: null }] : message;
    const node = h('div', { class: `notice notice-${kind}`, role: kind === 'error' ? 'alert' : 'status' },
        icon(kind === 'error' ? 'trouble' : 'ok'),
        h('div', { class: 'notice-text' },
            title === '' ? null : h('p', { class: 'notice-title', text: title }),
            h('p', {}, ...nodesOf(pieces)),
            remedy.length === 0 ? null : h('p', { class: 'remedy' }, ...nodesOf(remedy)),
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

/// A command's document: whether all went well; else what became of it is told.
export function tellUnlessDone(outcome, title) {
    if ((outcome.exit_status ?? 0) === 0) return true;
    notice({ kind: 'error', title, message: outcomePieces(outcome) });
    return false;
}

/// An ApiError, told. `title`: what was attempted.
export function tellError(error, title = '') {
    if (error.isSilent) return;
    if (error.code === undefined) throw error;
    notice({ kind: 'error', title, ...errorPieces(error) });
}
