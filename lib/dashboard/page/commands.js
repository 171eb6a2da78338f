// The commands behind buttons, each with its question where viewers would be cut off.
import * as api from './api.js';
import { confirm } from './dialogs.js';
import { byId } from './dom.js';
import { find, liveNames } from './model.js';
import { notice, tellError, tellUnlessDone } from './notices.js';
import { list, plural, t } from './words.js';

const isLive = (name) => liveNames().includes(name);

/// `verb`: restart or disable. Nothing is asked.
export async function command(verb, name) {
    try {
        await api.command(name, verb);
    } catch (error) {
        tellError(error, t(`error_${verb}`, { name }));
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
        notice({ message: t('removed', { name }) });
        // What had the focus is gone.
        if (document.activeElement === document.body || find(name) === null) byId('destinations').focus();
    } catch (error) {
        tellError(error, t('error_remove', { name }));
    }
}

export async function startAll() {
    try {
        // What a destination refused stands in its card.
        await api.commandAll('start');
    } catch (error) {
        tellError(error, t('error_start_all'));
    }
}

export async function stopAll() {
    const live = liveNames();
    const lines = [{ text: plural('stop_live', live.length, { names: list(live) }), isStrong: true }, { text: t('stop_does') }];
    if (live.length > 0 && !await confirm({ title: t('stop_title'), lines, action: t('stop_now') })) return;
    try {
        if (tellUnlessDone(await api.commandAll('stop'), t('error_stop_all'))) notice({ message: t('stopped_all') });
    } catch (error) {
        tellError(error, t('error_stop_all'));
    }
}

const done_words = { start: 'ingest_started', reload: 'ingest_reloaded', restart: 'ingest_restarted' };

/// `verb`: start, reload or restart. The last two say first how many destinations are live.
export async function ingest(verb, button) {
    if (verb !== 'start' && !await confirmIngest(verb)) return;
    const text = button.textContent;
    button.disabled = true;
    button.textContent = t('ingest_working');
    try {
        if (tellUnlessDone(await api.ingestCommand(verb), t('ingest'))) notice({ message: t(done_words[verb]) });
    } catch (error) {
        tellError(error, t('ingest_failed'));
    } finally {
        button.disabled = false;
        button.textContent = text;
    }
}

function confirmIngest(verb) {
    const live = liveNames();
    const words = live.length === 0 ? t('live_none') : plural('live_some', live.length, { names: list(live) });
    return confirm({ title: t(`ingest_${verb}_title`), action: t(`ingest_${verb}_now`),
        lines: [{ text: words, isStrong: live.length > 0 }, { text: t(`ingest_${verb}_does`) }] });
}
