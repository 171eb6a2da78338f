// Going live with all, and ending it: what would change is shown first. Loaded when it is asked for.
import { describe } from './destination_state.js';
import { openDialog } from './dialogs.js';
import { freshId, h, setText } from './dom.js';
import { icon } from './icons.js';
import { all, liveNames, model, serviceName } from './model.js';
import { isWished, wishFor } from './wishes.js';
import { list, plural, t } from './words.js';

/// What enable changes of such a one; the rest is on its way already.
const changes = { off: 'on', ending: 'on', stopped: 'start', not_running: 'start', backoff: 'retry', rejected: 'retry' };

const known = () => all().map((status) => ({ status, state: describe(status, wishFor(status.name)) }));
const whereOf = ({ service }) => (service === '' ? '' : serviceName(service));

/// "youtube  YouTube · Live"
function row({ status, state }, note, control = null) {
    const id = freshId('choice');
    const where = [whereOf(status), note].filter((text) => text !== '' && text !== status.name).join(' · ');
    const words = [h('span', { class: 'choice-name', text: status.name }), h('span', { class: 'hint', text: where })];
    if (control !== null) control.id = id;
    return h('li', { class: 'choice-row', 'data-tone': state.tone }, control ?? h('span', { class: 'choice-icon' }, icon(state.icon)),
        control === null ? h('span', { class: 'choice-text' }, ...words) : h('label', { class: 'choice-text', for: id }, ...words));
}

function section(title, rows) {
    if (rows.length === 0) return null;
    const id = freshId('section');
    return h('section', { class: 'choice-section', 'aria-labelledby': id }, h('h3', { id, text: title }), h('ul', { role: 'list' }, ...rows));
}

/// Resolves to the names, or null where it was not confirmed. `pick` gives them when it is; `focused`: the button that
/// has the focus first.
function ask({ title, body, action, style, pick, focused = 'go' }) {
    return new Promise((resolve) => {
        let names = null;
        const cancel = h('button', { type: 'button', text: t(action === null ? 'close' : 'cancel'), on: { click: () => dialog.close() } });
        const go = action === null ? null : h('button', { type: 'button', class: style, text: action,
            on: { click: () => { names = pick(); dialog.close(); } } });
        const dialog = openDialog({ title, kind: 'dialog-small', body: body(go).filter((each) => each !== null),
            actions: go === null ? [cancel] : [cancel, go], onClose: () => resolve(names) });
        (focused === 'go' && go !== null ? go : cancel).focus();
    });
}

/// What the ingest lacks for a picture to go out; null where one comes.
function ingestNote() {
    const state = model.status?.ingest.state;
    const words = { no_publisher: 'go_live_no_picture', silent: 'go_live_silent', down: 'go_live_down' }[state];
    return words === undefined ? null : h('p', { class: 'hint', text: t(words) });
}

/// Which destinations are to go live: all that are not, unless some are taken out.
export function chooseForLive() {
    const isConfigured = ({ status: { name } }) => model.configured.size === 0 || model.configured.has(name);
    const every = known().filter(isConfigured);
    const open = every.filter(({ state }) => state.kind in changes);
    const rest = every.filter(({ state }) => !(state.kind in changes));
    const boxes = open.map(({ status }) => h('input', { type: 'checkbox', name: status.name, checked: true }));
    const pick = () => boxes.filter((each) => each.checked).map((each) => each.name);
    const body = (go) => {
        const update = () => {
            const { length } = pick();
            go.disabled = length === 0;
            setText(go, length === 0 ? t('go_live') : plural('go_live_now', length));
        };
        for (const each of boxes) each.addEventListener('change', update);
        if (go !== null) update();
        const rows = open.map((each, i) => row(each, t(`go_live_does_${changes[each.state.kind]}`), boxes[i]));
        return [open.length === 0 ? h('p', { text: t('go_live_nothing') }) : ingestNote(), section(t('go_live_changes'), rows),
            section(t('go_live_stays'), rest.map((each) => row(each, each.state.word)))];
    };
    return ask({ title: t('go_live'), body, action: open.length === 0 ? null : t('go_live'), style: 'primary', pick });
}

/// Whether all is to end: those that are on, or run.
export function confirmEnd() {
    const every = known();
    const on = every.filter(({ status }) => isWished(status) || status.state !== 'stopped');
    const off = every.filter((each) => !on.includes(each));
    const live = liveNames();
    const body = () => [
        on.length === 0 ? h('p', { text: t('end_nothing') }) : null,
        live.length === 0 ? null : h('p', { class: 'strong', text: plural('stop_live', live.length, { names: list(live) }) }),
        section(t('end_changes'), on.map((each) => row(each, each.state.word))),
        section(t('end_stays'), off.map((each) => row(each, ''))),
    ];
    return ask({ title: t('end_title'), body, action: on.length === 0 ? null : plural('end_now', on.length), style: 'danger',
        pick: () => on.map(({ status }) => status.name), focused: 'cancel' });
}
