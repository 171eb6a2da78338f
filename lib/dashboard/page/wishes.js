// What the user asked for with a switch, from the click until the server's state says the same.
// The last click counts: where requests overlapped and the server ended up elsewhere, it is asked again.
import * as api from './api.js';
import { find } from './model.js';
import { dropNotices, notice, tellError, tellUnlessDone } from './notices.js';
import { list, t } from './words.js';

/// A browser opens six connections to a server: one has the events, and two are for everything else.
const most_waiting = 3;
/// So long after the answer, the events may still tell of the time before.
const lag_ms = 2500;

/// By name: {wanted, inFlight, hasOverlapped, hasFailed, settledAt, turn}.
const wishes = new Map();
/// The enables that wait for their outcome, oldest first: {name, controller}.
const waiting = [];
let changed = () => {};

export const onWish = (listener) => { changed = listener; };

/// true, false, or null where the server's state is all there is to say.
export const wishFor = (name) => wishes.get(name)?.wanted ?? null;

/// What the switch shows.
export function isWished(status) {
    return wishFor(status.name) ?? status.wanted;
}

/// Gives what ends it, and whether no later click has taken its place. `isNew`: it is a click.
function begin(name, wanted, isNew = true) {
    const entry = wishes.get(name) ?? { inFlight: 0, hasOverlapped: false, turn: 0 };
    Object.assign(entry, { wanted, hasFailed: false, settledAt: null });
    entry.hasOverlapped ||= entry.inFlight > 0;
    entry.inFlight += 1;
    entry.turn += 1;
    const { turn } = entry;
    wishes.set(name, entry);
    // What is told of an earlier click is over.
    if (isNew) dropNotices(name);
    changed(name);
    return {
        name,
        isLast: () => entry.turn === turn,
        fail() { if (entry.wanted === wanted) entry.hasFailed = true; },
        end() {
            entry.inFlight -= 1;
            if (entry.inFlight === 0) entry.settledAt = Date.now();
        },
    };
}

/// Asks for `wanted` at once.
export async function wish(name, wanted, { isNew = true } = {}) {
    const asked = begin(name, wanted, isNew);
    // A later click makes what became of this one old news; so does a state that says otherwise.
    const more = { about: name, holds: () => isUndone(name, wanted) };
    try {
        // What became of an enable stands in the card.
        if (wanted) await enable(name);
        else {
            const outcome = await api.command(name, 'disable');
            if (asked.isLast()) tellUnlessDone(outcome, t('error_disable', { name }), more);
        }
    } catch (error) {
        if (!error.isSilent) asked.fail();
        // Where the ingest or the system refused, the wish stands all the same.
        if (asked.isLast()) tellError(error, error.code === 'refused' ? name : t(wanted ? 'error_enable' : 'error_disable', { name }), more);
    }
    asked.end();
    settle();
}

/// The same for many, in one request.
export async function wishAll(names, wanted) {
    const all = names.map((name) => begin(name, wanted));
    const title = t(wanted ? 'error_enable_all' : 'error_disable_all');
    const more = { about: 'all', holds: () => names.some((name) => isUndone(name, wanted)) };
    try {
        const outcome = await api.commandAll(wanted ? 'enable' : 'disable', names);
        if (!wanted) tellUnlessDone(outcome, title, more);
    } catch (error) {
        if (!error.isSilent) for (const each of all) each.fail();
        if (all.some((each) => each.isLast())) tellError(error, title, more);
    }
    for (const each of all) each.end();
    settle();
}

/// Whether what was asked for has not come.
function isUndone(name, wanted) {
    const status = find(name);
    return status !== null && (wanted ? status.state !== 'live' : status.state !== 'stopped');
}

/// Switches them off, and offers to take it back. `origin`: what was clicked.
export function switchOff(names, origin) {
    const [first, ...others] = names;
    const isOne = others.length === 0;
    // One that ran without being wanted stays off.
    const before = names.filter((name) => find(name) !== null && isWished(find(name)));
    const undo = () => (isOne ? wish(first, true) : wishAll(before, true));
    const done = isOne ? wish(first, false) : wishAll(names, false);
    notice({ about: isOne ? first : 'all', origin,
        message: isOne ? t('switched_off', { name: first }) : t('switched_off_many', { names: list(names) }),
        holds: () => names.every((name) => find(name) !== null && !isWished(find(name))),
        action: before.length === 0 ? null : { word: t('undo'), isUndo: true, run: undo } });
    return done;
}

async function enable(name) {
    makeRoom();
    const one = { name, controller: new AbortController() };
    waiting.push(one);
    try {
        await api.command(name, 'enable', one.controller.signal);
    } finally {
        waiting.splice(waiting.indexOf(one), 1);
    }
}

/// Lets go of the oldest enable whose relay runs by now: its outcome comes by events as well.
function makeRoom() {
    if (waiting.length < most_waiting) return;
    const started = waiting.find(({ name }) => find(name)?.wanted && find(name)?.pid !== null);
    started?.controller.abort();
}

/// Forgets the wishes that have come true or failed. To be called whenever a status has come.
export function settle() {
    for (const [name, entry] of wishes) {
        if (entry.inFlight > 0) continue;
        const status = find(name);
        const isTrue = status === null || status.wanted === entry.wanted;
        const mayBeOld = Date.now() - entry.settledAt < lag_ms;
        // Where requests overlapped, what agrees may be of before the last of them, too.
        if (mayBeOld && (isTrue ? entry.hasOverlapped : !entry.hasFailed)) continue;
        wishes.delete(name);
        changed(name);
        if (!isTrue && entry.hasOverlapped && !entry.hasFailed) wish(name, entry.wanted, { isNew: false });
    }
}
