// What the user asked for with a switch, from the click until the server's state says the same.
// The last click counts: where requests overlapped and the server ended up elsewhere, it is asked again.
import * as api from './api.js';
import { find } from './model.js';
import { tellError, tellUnlessDone } from './notices.js';
import { t } from './words.js';

/// A browser opens six connections to a server: one has the events, and two are for everything else.
const most_waiting = 3;
/// So long after the answer, the events may still tell of the time before.
const lag_ms = 2500;

/// By name: {wanted, inFlight, hasOverlapped, hasFailed, settledAt}.
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

/// Asks for `wanted` at once.
export async function wish(name, wanted) {
    const entry = wishes.get(name) ?? { inFlight: 0, hasOverlapped: false };
    Object.assign(entry, { wanted, hasFailed: false, settledAt: null });
    entry.hasOverlapped ||= entry.inFlight > 0;
    entry.inFlight += 1;
    wishes.set(name, entry);
    changed(name);
    try {
        // What became of an enable stands in the card.
        if (wanted) await enable(name);
        else tellUnlessDone(await api.command(name, 'disable'), t('error_disable', { name }));
    } catch (error) {
        if (entry.wanted === wanted && !error.isSilent) entry.hasFailed = true;
        // Where the ingest or the system refused, the wish stands all the same.
        tellError(error, error.code === 'refused' ? name : t(wanted ? 'error_enable' : 'error_disable', { name }));
    }
    entry.inFlight -= 1;
    if (entry.inFlight === 0) entry.settledAt = Date.now();
    settle();
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
        if (!isTrue && entry.hasOverlapped && !entry.hasFailed) wish(name, entry.wanted);
    }
}
