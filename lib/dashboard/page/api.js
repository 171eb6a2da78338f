// Requests to the dashboard. docs/api.md is the contract.
import { learnServerTime } from './times.js';
import { t } from './words.js';

const token = document.querySelector('meta[name="restream-token"]').content;
const reloadedAs = 'restream-reloaded';
/// Reloading again sooner would be a loop.
const reload_gap_ms = 30000;

/// `code`: one of the contract's, or "network", "timeout". `field`: the member that is wrong, or null. `isSilent`: nobody is to be told.
export class ApiError extends Error {
    constructor(code, message, { remedy = '', field = null, isServers = false, isSilent = false } = {}) {
        super(message);
        Object.assign(this, { code, remedy, field, isServers, isSilent });
    }
}

/// The page's token, cookie or password is not the server's any more: a new page has them, or says what to do.
function reloadOnce() {
    try {
        const last = Number(sessionStorage.getItem(reloadedAs));
        if (Date.now() - last < reload_gap_ms) return false;
        sessionStorage.setItem(reloadedAs, String(Date.now()));
    } catch {
        return false;
    }
    location.reload();
    return true;
}

async function toError(response) {
    let told = {};
    try {
        told = (await response.json()).error ?? {};
    } catch { /* not from the dashboard: a proxy's page */ }
    const isStale = response.status === 401 ||
        (response.status === 403 && ['token_wrong', 'token_missing', 'not_owner'].includes(told.code));
    const isSilent = isStale && reloadOnce();
    if (typeof told.message !== 'string') {
        return new ApiError('status', t('error_status', { status: response.status }), { isSilent });
    }
    return new ApiError(told.code, told.message,
        { remedy: told.remedy ?? '', field: told.field ?? null, isServers: true, isSilent });
}

function withDeadline(signal, seconds) {
    const controller = new AbortController();
    const state = { isLate: false, signal: controller.signal };
    const timer = setTimeout(() => { state.isLate = true; controller.abort(); }, seconds * 1000);
    signal?.addEventListener('abort', () => controller.abort());
    state.done = () => clearTimeout(timer);
    return state;
}

/// **Throws** ApiError. `as`: "json" or "text". An answer that `signal` cut short is a silent error.
export async function request(method, path, { body, signal, as = 'json', seconds = 15 } = {}) {
    const headers = { 'X-Restream-Token': token };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    const deadline = withDeadline(signal, seconds);
    try {
        const response = await fetch(path, { method, headers, signal: deadline.signal, cache: 'no-store',
            body: body === undefined ? undefined : JSON.stringify(body) });
        learnServerTime(response.headers.get('Date'));
        if (!response.ok) throw await toError(response);
        return as === 'text' ? await response.text() : await response.json();
    } catch (error) {
        if (error instanceof ApiError) throw error;
        if (deadline.isLate) throw new ApiError('timeout', t('error_timeout'));
        throw new ApiError('network', t('error_network'), { isSilent: signal?.aborted ?? false });
    } finally {
        deadline.done();
    }
}

const root = '/api/v1';
const at = (name, rest = '') => `${root}/destinations/${encodeURIComponent(name)}${rest}`;
/// What waits for relays to come live, or to say goodbye.
const outcome_s = 90;

export const destinations = () => request('GET', `${root}/destinations`);
export const services = () => request('GET', `${root}/services`);
export const doctor = () => request('GET', `${root}/doctor`, { seconds: 60 });
export const explain = () => request('GET', `${root}/explain`, { seconds: 60 });
export const audit = (limit) => request('GET', `${root}/audit?limit=${limit}`);
export const logOf = (name, lines) => request('GET', at(name, `/log?lines=${lines}`), { as: 'text' });

/// `verb`: enable, disable or restart.
export const command = (name, verb, signal) =>
    request('POST', at(name, `/${verb}`), { signal, seconds: outcome_s });
/// `names`: without them, all are meant.
export const commandAll = (verb, names = null) =>
    request('POST', `${root}/${verb}`, { body: names === null ? undefined : { names }, seconds: outcome_s });
export const doctorFix = () => request('POST', `${root}/doctor/fix`, { seconds: outcome_s });
export const ingestCommand = (verb) => request('POST', `${root}/ingest/${verb}`, { seconds: outcome_s });
export const revealPublishKey = () => request('POST', `${root}/ingest/reveal-publish-key`);
export const putDestination = (name, members) => request('PUT', at(name), { body: members });
export const putKey = (name, key) => request('PUT', at(name, '/key'), { body: { key } });
export const remove = (name) => request('DELETE', at(name), { seconds: outcome_s });
