// Why a destination is not live: the server's words, or in French ours, by the reason's code. The
// codes and the English stand in lib/state/session_end.cpp. A remedy of the server names a command;
// where the page itself has the means, it says so instead.
import { currentLanguage, serverLanguage } from './words.js';
import french from './reasons_fr.js';

const key_codes = new Set(['publish_refused', 'closed_early', 'key_unavailable']);

const english_remedies = {
    ingest_gone: 'Start streaming in OBS again.',
    ingest_down: 'Start the ingest server, or check [ingest] url in restream.toml.',
    no_publisher: 'Start streaming in OBS.',
    publish_refused: 'Copy a fresh key from the platform, and replace it here.',
    closed_early: 'Copy a fresh key from the platform, and replace it here.',
    key_unavailable: 'Replace the key here.',
    passphrase_refused: 'Set the destination’s passphrase to the server’s, then try again.',
    passphrase_unavailable: 'Correct passphrase or streamid of the destination, then try again.',
    disk_full: 'Free space, then try again.',
    failed: 'Its log tells more.',
    config_invalid: 'Mend it, then try again.',
    worker_crashed: 'It is started again; its log tells more.',
    not_running: 'Start it.',
    not_started_yet: 'Start it.',
};

/// Whether a new stream key is what helps.
export const isAboutKey = (reason) => reason !== null && key_codes.has(reason.code);

/// The words of the code, and what the server put in brackets behind them.
function apart(message) {
    const begin = message.indexOf(' (');
    return begin > 0 && message.endsWith(')') ? [message.slice(0, begin), message.slice(begin + 1)] : [message, ''];
}

/// Not a file, nor a command to be typed.
const plain_words = /^(?!chmod |nginx )[a-z]+(?:'s)?(?:[ ,]|$)/;

/// With a capital and a full stop, which the server's sentences have not.
export function sentence(text) {
    if (!plain_words.test(text)) return text;
    return text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');
}

/// {message, detail, remedy, lang}: for people, in the page's language where it can be; `lang` says where
/// not. `detail` is what the other side said, in brackets and in English, or "".
export function describeReason(reason) {
    const [words, detail] = apart(reason.message);
    const known = currentLanguage() === 'fr' ? french[reason.code] : undefined;
    if (known !== undefined) return { message: known.message, detail: known.isSpecific ? `(${reason.message})` : detail, remedy: known.remedy, lang: null };
    const remedy = currentLanguage() === 'en' ? english_remedies[reason.code] : undefined;
    return { message: sentence(words).replace(/\.$/, ''), detail, remedy: remedy ?? sentence(reason.remedy ?? ''),
        lang: serverLanguage() };
}

