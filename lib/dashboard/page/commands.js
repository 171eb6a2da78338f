// The commands behind buttons, each with its question where viewers would be cut off.
import * as api from './api.js';
import { confirm } from './dialogs.js';
import { byId } from './dom.js';
import { all, find, liveNames, model } from './model.js';
import { dropNotices, notice, tellError, tellUnlessDone } from './notices.js';
import { isWished, switchOff, wishAll } from './wishes.js';
import { list, plural, t } from './words.js';

const isLive = (name) => liveNames().includes(name);

/// `verb`: restart or disable. Nothing is asked.
export async function command(verb, name) {
    try {
        await api.command(name, verb);
    } catch (error) {
        tellError(error, t(`error_${verb}`, { name }), { about: name });
    }
}

export async function restart(name) {
    const question = { title: t('restart_title', { name }), lines: [{ text: t('restart_does') }],
        action: t('restart_now', { name }) };
    if (isLive(name) && !await confirm(question)) return;
    await command('restart', name);
}

export async function remove(name) {
    const lines = [{ text: t('remove_does') }];
    if (isLive(name)) lines.unshift({ text: t('remove_live'), isStrong: true });
    if (!await confirm({ title: t('remove_title', { name }), lines, action: t('remove_now', { name }) })) return;
    try {
        await api.remove(name);
        dropNotices(name);
        notice({ about: name, message: t('removed', { name }), holds: () => find(name) === null });
        // What had the focus is gone.
        if (document.activeElement === document.body || find(name) === null) byId('destinations').focus();
    } catch (error) {
        tellError(error, t('error_remove', { name }));
    }
}

const isRunning = ({ state }) => state !== 'stopped';

/// Starts what is switched on and does not run; `names`: those, whatever they do.
export async function startAll(names = null) {
    if (names === null && !all().some((each) => isWished(each) && !isRunning(each))) {
        notice({ about: 'all', message: t('start_nothing') });
        return;
    }
    try {
        // What a destination refused stands in its card.
        await api.commandAll('start', names);
    } catch (error) {
        tellError(error, t('error_start_all'), { about: 'all' });
    }
}

export async function stopAll() {
    const live = liveNames();
    const lines = [{ text: plural('stop_live', live.length, { names: list(live) }), isStrong: true }, { text: t('stop_does') }];
    if (!all().some(isRunning)) {
        notice({ about: 'all', message: t('stop_nothing'), holds: () => !all().some(isRunning) });
        return;
    }
    if (live.length > 0 && !await confirm({ title: t('stop_title'), lines, action: t('stop_now') })) return;
    try {
        if (!tellUnlessDone(await api.commandAll('stop'), t('error_stop_all'), { about: 'all', holds: () => all().some(isRunning) })) return;
        notice({ about: 'all', message: t('stopped_all'), holds: () => !all().some(isRunning) });
    } catch (error) {
        tellError(error, t('error_stop_all'), { about: 'all' });
    }
}

/// Those that are switched on; without names, all of them.
export async function restartAll(names = null) {
    const meant = all().filter((each) => (names === null ? isWished(each) : names.includes(each.name))).map(({ name }) => name);
    if (meant.length === 0) {
        notice({ about: 'all', message: t('restart_nothing') });
        return;
    }
    const live = liveNames().filter((name) => meant.includes(name));
    const words = live.length === 0 ? t('live_none') : plural('live_some', live.length, { names: list(live) });
    const question = { title: t('restart_all_title'), action: t('restart_all_now'),
        lines: [{ text: words, isStrong: live.length > 0 }, { text: t('restart_all_does') }] };
    if (live.length > 0 && !await confirm(question)) return;
    try {
        await api.commandAll('restart', names);
    } catch (error) {
        tellError(error, t('error_restart_all'), { about: 'all' });
    }
}

/// `verb`: stop or disable, of destinations that are named.
export async function takeOff(verb, names, origin) {
    const live = liveNames().filter((name) => names.includes(name));
    const lines = [{ text: plural('stop_live', live.length, { names: list(live) }), isStrong: true }];
    const action = t(`${verb}_named_now`, { names: list(names) });
    if (live.length > 0 && !await confirm({ title: t(`${verb}_named_title`, { names: list(names) }), lines, action })) return;
    if (verb === 'disable') {
        await switchOff(names, origin);
        return;
    }
    try {
        tellUnlessDone(await api.commandAll('stop', names), t('error_stop_all'), { about: 'all' });
    } catch (error) {
        tellError(error, t('error_stop_all'), { about: 'all' });
    }
}

/// The dialogs of go_live.js; null if the dashboard does not answer, which is reported.
async function questions() {
    try {
        const loaded = await import('./go_live.js');
        // Of two quick clicks, one asks.
        return document.querySelector('dialog[open]') === null ? loaded : null;
    } catch {
        notice({ kind: 'error', about: 'all', message: t('error_network') });
        return null;
    }
}

/// Asks which destinations go live, and switches them on.
export async function goLive() {
    const names = await (await questions())?.chooseForLive() ?? null;
    if (names !== null) await wishAll(names, true);
}

/// Shows what ends, asks, and switches it off.
export async function endAll(origin) {
    const names = await (await questions())?.confirmEnd() ?? null;
    if (names !== null) await switchOff(names, origin);
}

const done_words = { start: 'ingest_started', reload: 'ingest_reloaded', restart: 'ingest_restarted' };

/// `verb`: start, reload or restart. The last two say first how many destinations are live.
export async function ingest(verb, button) {
    if (verb !== 'start' && !await confirmIngest(verb)) return;
    const text = button.textContent;
    button.disabled = true;
    button.textContent = t('ingest_working');
    try {
        const outcome = await api.ingestCommand(verb);
        const more = { about: 'ingest', holds: () => model.status?.ingest.state !== 'down' };
        // What a destination did then stands in its card, and may be another by now.
        if (tellUnlessDone(outcome, t('ingest'), { about: 'ingest', holds: () => isOutcomeNews(outcome) })) {
            notice({ message: t(done_words[verb]), ...more });
        }
    } catch (error) {
        tellError(error, t('ingest_failed'), { about: 'ingest' });
    } finally {
        button.disabled = false;
        button.textContent = text;
    }
}

/// Whether one of those that were refused is so still; always where the command was refused as a whole.
function isOutcomeNews({ destinations = [] }) {
    const refused = (Array.isArray(destinations) ? destinations : []).filter(({ outcome }) => outcome === 'refused');
    return refused.length === 0 || refused.some(({ name }) => find(name) !== null && !isLive(name));
}

function confirmIngest(verb) {
    const live = liveNames();
    const words = live.length === 0 ? t('live_none') : plural('live_some', live.length, { names: list(live) });
    return confirm({ title: t(`ingest_${verb}_title`), action: t(`ingest_${verb}_now`),
        lines: [{ text: words, isStrong: live.length > 0 }, { text: t(`ingest_${verb}_does`) }] });
}
