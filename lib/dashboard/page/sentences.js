// What the server tells by a code and values, such as doctor's findings and errors: in French where the page has the
// code, else in the server's own English. As pieces of text: {text, lang}, where `lang` says what is not in the page's
// language.
import { h } from './dom.js';
import errors from './errors_fr.js';
import findings from './findings_fr.js';
import { audioWords, videoWords } from './media_words.js';
import { model } from './model.js';
import { describeReason, sentence } from './reasons.js';
import { roughDuration } from './times.js';
import { currentLanguage, hasWord, isOne, list, longDate, number, serverLanguage, t } from './words.js';

const gap_pattern = /\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g;
const backup_ending = '+backup';

const plain = (text) => ({ text, lang: null });
const foreign = (text) => ({ text, lang: serverLanguage() });
const inSentence = (text) => text[0].toLowerCase() + text.slice(1);
/// The page's word for a code; null where it has none.
const term = (kind) => (code) => (hasWord(`${kind}_${code}`) ? [plain(inSentence(t(`${kind}_${code}`)))] : null);

/// Gaps whose value is not shown as it is.
const gaps = {
    relay: (name) => [plain(relayWords(name))],
    other: (name) => [plain(relayWords(name))],
    state: term('state'),
    running: term('server'),
    configured: term('server'),
    refusal: term('refusal'),
    cut_off: term('cut_off'),
    ago_s: (seconds) => [plain(roughDuration(seconds))],
    date: (day) => [plain(longDate(day))],
    // What the system, another program or a file says.
    problem: (text) => [foreign(text)],
    tracks: (text) => [tracksInFrench() ?? foreign(text)],
    primary: (text) => [foreign(text)],
    backup: (text) => [foreign(text)],
    message: (text) => [foreign(text)],
};

/// What the ingest carries, from the ingest's own document: the finding has it in English words.
function tracksInFrench() {
    const { video = null, audio = null } = model.status?.ingest ?? {};
    const words = [video && videoWords(video), audio && audioWords(audio)].filter(Boolean).join(', ');
    return words === '' ? null : plain(words);
}

function relayWords(name) {
    return name.endsWith(backup_ending) ? `${name.slice(0, -backup_ending.length)} (${t('backup_short')})` : name;
}

function valuePieces(name, value, own) {
    if (name in own) return own[name];
    if (value === undefined || value === null) return null;
    if (name in gaps) return gaps[name](value);
    if (Array.isArray(value)) return [plain(list(value))];
    return [plain(typeof value === 'number' ? number(value, 1) : value)];
}

/// The sentence with its gaps filled; null where a value is missing. `own`: pieces for some of the gaps.
function fill(text, values, own = {}) {
    const pieces = [];
    let at = 0;
    for (const { 0: all, 1: name, 2: one, 3: other, index } of text.matchAll(gap_pattern)) {
        const filling = one === undefined ? valuePieces(name, values[name], own) : [plain(isOne(values[name]) ? one : other)];
        if (filling === null) return null;
        pieces.push(plain(text.slice(at, index)), ...filling);
        at = index + all.length;
    }
    return [...pieces, plain(text.slice(at))].filter((piece) => piece.text !== '');
}

/// All three, or null where one of them cannot be filled.
function fillAll({ message, cause = '', remedy = '' }, values, own) {
    const filled = { message: fill(message, values, own), cause: fill(cause, values, own), remedy: fill(remedy, values, own) };
    return Object.values(filled).includes(null) ? null : filled;
}

const isFrench = () => currentLanguage() === 'fr';
const inPieces = (text) => (text === '' ? [] : [foreign(text)]);

/// A destination's name begins as it is written.
const begins_with_name = /^[a-z0-9_-]+(?:, [a-z0-9_-]+)*(?: \(backup\))?: /;

function serverWords({ message, cause = '', remedy = '' }) {
    const begun = begins_with_name.test(message) ? message : sentence(message).replace(/\.$/, '');
    return { message: inPieces(begun), cause: inPieces(sentence(cause)), remedy: inPieces(sentence(remedy)) };
}

/// A relay in trouble has a reason, for which the page has words in each language.
function reasonPieces({ reason: code, message, remedy }) {
    const reason = describeReason({ code, message, remedy });
    const own = (text) => (text === '' ? [] : [{ text, lang: reason.lang }]);
    const detail = reason.detail === '' ? [] : [plain(' '), foreign(reason.detail)];
    return { message: [...own(reason.message), ...detail], remedy: own(reason.remedy) };
}

const states_in_trouble = { relay_backoff: 'backoff', relay_rejected: 'rejected' };

/// {message, cause, remedy} in pieces, of doctor's finding or of the ingest's trouble.
export function findingPieces(finding) {
    const { code, values = {} } = finding;
    const state = states_in_trouble[code];
    const own = state !== undefined && values.reason ? reasonPieces(values) : {};
    const french = isFrench() && Object.hasOwn(findings, code ?? '') ? fillAll(findings[code], values, own) : null;
    if (french !== null) return french;
    if (own.message === undefined) return serverWords(finding);
    return { message: [plain(`${relayWords(values.relay)}: ${t(`state_${state}`)}`)], cause: own.message, remedy: own.remedy };
}

/// {message, remedy} in pieces, of an ApiError or of what an error's document holds.
export function errorPieces({ code, message, remedy = '', isServers = true }) {
    if (!isServers) return { message: [plain(message)], remedy: remedy === '' ? [] : [plain(remedy)] };
    const french = isFrench() && Object.hasOwn(errors, code) ? fillAll(errors[code], { message }) : null;
    return french ?? { message: inPieces(message), remedy: inPieces(remedy) };
}

/// What became of a command for destinations, where something did not go well: the reasons, else its own words.
export function outcomePieces({ destinations = [], messages = [] }) {
    const failed = Array.isArray(destinations) ? destinations.filter((each) => each.reason && each.outcome === 'refused') : [];
    if (failed.length === 0) return inPieces(messages.join('; '));
    const [between, colon] = isFrench() ? ['\u202f; ', '\u202f: '] : ['; ', ': '];
    return failed.flatMap(({ name, reason }, i) => {
        const { message } = reasonPieces({ reason: reason.code, message: reason.message, remedy: reason.remedy });
        return [plain(`${i === 0 ? '' : between}${name}${colon}`), ...message];
    });
}

export const wordsOf = (pieces) => pieces.map(({ text }) => text).join('');

/// The pieces as an element's children.
export function nodesOf(pieces) {
    return pieces.map(({ text, lang }) => (lang === null ? text : h('span', { text, lang })));
}
