// Messages that come and go: errors until they are dismissed, the rest for a while; and none for longer than it is
// true.
import { byId, h } from './dom.js';
import { icon } from './icons.js';
import { errorPieces, nodesOf, outcomePieces } from './sentences.js';
import { t } from './words.js';

const kept_ms = 12000;
const most = 4;
const regions = () => [...document.querySelectorAll('#notices, .dialog-notices')];
const all = () => regions().flatMap((each) => [...each.children]);
/// By node: {about, holds, hasHeld, origin, isUndo}.
const facts = new WeakMap();

/// `message`: text, or pieces as sentences.js gives them; `remedy`: pieces. `action`: {word, run, isUndo} adds a button.
/// `about`: whom it is about, such as a destination's name: a newer one takes its place. `holds`: whether what it says
/// is so; it goes when that is over. `origin`: what it came from, from where the tabulator leads to it.
export function notice({ kind = 'done', title = '', message, remedy = [], action = null, about = '', holds = () => true, origin = null }) {
    const pieces = typeof message === 'string' ? [{ text: message, lang: null }] : message;
    const button = action === null ? null : h('button', { type: 'button', class: 'small', text: action.word,
        'aria-keyshortcuts': action.isUndo ? 'Control+Z' : null, on: { click: () => { remove(node); action.run(); } } });
    const node = h('div', { class: `notice notice-${kind}`, role: kind === 'error' ? 'alert' : 'status' },
        icon(kind === 'error' ? 'trouble' : 'ok'),
        h('div', { class: 'notice-text' },
            title === '' ? null : h('p', { class: 'notice-title', text: title }),
            h('p', {}, ...nodesOf(pieces)),
            remedy.length === 0 ? null : h('p', { class: 'remedy' }, ...nodesOf(remedy)),
            button === null ? null : h('p', {}, button)),
        h('button', { type: 'button', class: 'icon-button', 'aria-label': t('dismiss'),
            on: { click: () => remove(node) } }, icon('close')));
    if (about !== '') dropNotices(about);
    facts.set(node, { about, holds, hasHeld: holds(), origin, undo: action?.isUndo ? button : null });
    // What is outside of a modal dialog can neither be read nor clicked.
    const region = [...document.querySelectorAll('dialog[open] .dialog-notices')].at(-1) ?? byId('notices');
    region.append(node);
    while (region.children.length > most) region.firstElementChild.remove();
    if (origin !== null) bridge(origin, node);
    if (kind !== 'error') removeLater(node);
}

function remove(node) {
    const hadFocus = node.contains(document.activeElement);
    node.remove();
    if (!hadFocus) return;
    const { origin } = facts.get(node);
    (origin?.isConnected ? origin : byId('destinations')).focus();
}

/// Not while somebody is at it.
function removeLater(node) {
    let timer = null;
    const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(() => remove(node), kept_ms);
    };
    const stay = () => clearTimeout(timer);
    const go = () => { if (!node.matches(':hover, :focus-within')) wait(); };
    for (const event of ['pointerenter', 'focusin']) node.addEventListener(event, stay);
    // The focus has left when the event is over.
    for (const event of ['pointerleave', 'focusout']) node.addEventListener(event, () => setTimeout(go));
    wait();
}

/// Tab goes from `origin` into the notice, and from the notice on behind `origin`. At the end of the page the user would
/// reach the notice too late.
function bridge(origin, node) {
    const isTab = (event) => event.key === 'Tab' && !event.ctrlKey && !event.altKey && !event.metaKey;
    const enter = (event) => {
        if (!node.isConnected) origin.removeEventListener('keydown', enter);
        else if (isTab(event) && !event.shiftKey) {
            event.preventDefault();
            node.querySelector('button').focus();
        }
    };
    origin.addEventListener('keydown', enter);
    node.addEventListener('keydown', (event) => {
        const buttons = [...node.querySelectorAll('button')];
        const last = event.shiftKey ? buttons[0] : buttons.at(-1);
        if (!isTab(event) || document.activeElement !== last) return;
        // Forwards, the browser itself goes on from there.
        origin.focus();
        if (event.shiftKey) event.preventDefault();
    });
}

/// Removes the notices about it.
export function dropNotices(about) {
    for (const node of all()) if (facts.get(node)?.about === about) remove(node);
}

/// Takes away what has been true and is not any more. To be called whenever what the page knows has changed.
export function settleNotices() {
    for (const node of all()) {
        const fact = facts.get(node);
        const isTrue = fact.holds();
        if (fact.hasHeld && !isTrue) remove(node);
        fact.hasHeld ||= isTrue;
    }
}

/// Takes back what was done last, where a notice offers it. Gives whether one did.
export function undoLast() {
    const last = all().map((node) => facts.get(node).undo).filter((button) => button !== null).at(-1);
    last?.click();
    return last !== undefined;
}

/// A command's document: whether all went well; else what became of it is told. `more`: as of tellError.
export function tellUnlessDone(outcome, title, more = {}) {
    if ((outcome.exit_status ?? 0) === 0) return true;
    // A later state of the cards has overtaken it.
    if (more.holds?.() === false) return false;
    notice({ kind: 'error', title, message: outcomePieces(outcome), ...more });
    return false;
}

/// An ApiError, told. `title`: what was attempted. `more`: `about` and `holds` of the notice.
export function tellError(error, title = '', more = {}) {
    if (error.isSilent) return;
    if (error.code === undefined) throw error;
    notice({ kind: 'error', title, ...errorPieces(error), ...more });
}
