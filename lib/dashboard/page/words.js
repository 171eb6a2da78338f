// The page's words in the user's language, and numbers written as there.
import english from './words_en.js';
import french from './words_fr.js';

const dictionaries = { en: english, fr: french };
const storedAs = 'restream-language';
const listeners = new Set();
let language = choose();

function choose() {
    try {
        const stored = localStorage.getItem(storedAs);
        if (stored in dictionaries) return stored;
    } catch { /* a browser that keeps nothing */ }
    const wished = (navigator.languages ?? [navigator.language]).map((tag) => tag.slice(0, 2));
    return wished.find((tag) => tag in dictionaries) ?? 'en';
}

export const languages = { en: 'English', fr: 'Français' };
export const currentLanguage = () => language;
export const onLanguage = (listener) => listeners.add(listener);

export function setLanguage(code) {
    language = code;
    try {
        localStorage.setItem(storedAs, code);
    } catch { /* then it lasts as long as the page */ }
    translatePage();
    for (const listener of listeners) listener();
}

/// The words for `key`; `{name}` in them is replaced by that member of `values`.
export function t(key, values = {}) {
    const words = dictionaries[language][key] ?? english[key] ?? key;
    return words.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
}

export const hasWord = (key) => key in english;

/// Whether `count` takes the singular, in this language.
export const isOne = (count) => new Intl.PluralRules(language).select(count) === 'one';

/// As t(), of `key_one` or `key_other`: whichever `count` takes; `{n}` is the count.
export function plural(key, count, values = {}) {
    return t(`${key}_${isOne(count) ? 'one' : 'other'}`, { n: number(count), ...values });
}

export function number(value, digits = 0) {
    return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

/// "31 January 2026" of 2026-01-31.
export function longDate(day) {
    return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));
}

/// "20:14:03" of an ISO time, where the browser is.
export function momentOf(time) {
    return new Intl.DateTimeFormat(language, { timeStyle: 'medium' }).format(new Date(time));
}

/// "1/31/26, 8:14:03 PM" of an ISO time, where the browser is.
export function whenOf(time) {
    return new Intl.DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'medium' }).format(new Date(time));
}

/// "a, b and c".
export function list(names) {
    return new Intl.ListFormat(language, { type: 'conjunction' }).format(names);
}

/// What stands in index.html.
export function translatePage() {
    document.documentElement.lang = language;
    for (const node of document.querySelectorAll('[data-word]')) {
        node.textContent = t(node.dataset.word);
    }
    for (const node of document.querySelectorAll('[data-word-label]')) {
        node.setAttribute('aria-label', t(node.dataset.wordLabel));
    }
}

/// The `lang` of text that the server wrote: English, which must be said where the page is not.
export const serverLanguage = () => (language === 'en' ? null : 'en');
