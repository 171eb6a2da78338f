// Buttons for what doctor's remedies name as commands. Loaded with the first finding that has one.
import * as api from './api.js';
import { ingest, restart, restartAll, startAll, takeOff } from './commands.js';
import { copyButton } from './copy.js';
import { openAddForm } from './destination_form.js';
import { h } from './dom.js';
import { openKeyDialog } from './key_dialog.js';
import { openLogDialog } from './log_dialog.js';
import { find, model } from './model.js';
import { tellError } from './notices.js';
import { wish, wishAll } from './wishes.js';
import { hasWord, list, t } from './words.js';

const isEditable = (name) => model.configured.get(name)?.is_editable ?? false;
const switchOn = (names) => (names.length === 1 ? wish(names[0], true) : wishAll(names, true));

/// By command: `run` gets the names and the button; `isOffered`, where there is one, says whether it can be done here.
const actions = {
    start: { run: (names) => startAll(names.length === 0 ? null : names) },
    enable: { run: switchOn },
    stop: { run: (names, button) => takeOff('stop', names, button) },
    disable: { run: (names, button) => takeOff('disable', names, button) },
    restart: { run: (names) => (names.length === 1 ? restart(names[0]) : restartAll(names.length === 0 ? null : names)) },
    key: { run: ([name]) => openKeyDialog(name), isOffered: ([name]) => isEditable(name) },
    add: { run: () => openAddForm() },
    explain: { run: async (names) => (await import('./explain_dialog.js')).openExplainDialog(names) },
    logs: { run: ([name]) => openLogDialog(name) },
    'ingest start': { run: (_, button) => ingest('start', button) },
    'ingest reload': { run: (_, button) => ingest('reload', button) },
    'ingest restart': { run: (_, button) => ingest('restart', button) },
    'doctor --fix': { run: fix },
};

async function fix() {
    try {
        await api.doctorFix();
    } catch (error) {
        tellError(error, t('error_fix'), { about: 'doctor' });
    }
}

/// "restream restart youtube"
const commandOf = ({ command, names }) => ['restream', command, ...(command === 'add' ? ['NAME'] : names)].join(' ');

function wordsOf({ command, names }) {
    const key = `do_${command.replace(' --', '_').replace(' ', '_')}`;
    return names.length === 0 && hasWord(`${key}_all`) ? t(`${key}_all`) : t(key, { names: list(names) });
}

/// Whether a remedy says no more than the command.
export const isOnlyCommand = (words) => /^(?:Run '|Lancez « )restream [^'»]*(?:'| »)\.$/.test(words.replace(/[\u00a0\u202f]/g, ' '));

/// What to press, and the command for those who type it; null where there is none. `after` is called when it is done.
export function actionNode(action, after) {
    const known = Object.hasOwn(actions, action?.command ?? '') ? actions[action.command] : null;
    if (known === null || known.isOffered?.(action.names) === false) return null;
    const isThere = action.names.every((name) => find(name) !== null || model.configured.has(name));
    if (!isThere && ['enable', 'start', 'restart', 'key', 'logs'].includes(action.command)) return null;
    const button = h('button', { type: 'button', class: 'small', 'data-command': commandOf(action), text: wordsOf(action), on: { click: async () => {
        await known.run(action.names, button);
        after();
    } } });
    const command = commandOf(action);
    return h('div', { class: 'finding-action' }, button,
        h('span', { class: 'command' }, h('code', { text: command }), copyButton(t('copy_command', { command }), async () => command)));
}
