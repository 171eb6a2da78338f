// Time: how long ago, how long still, by the server's clock.
import { t } from './words.js';

/// The server's clock less this one's, in ms. Differences that the network alone makes are ignored.
let skew = 0;
const least_skew = 3000;

/// `header`: the Date of an answer that has just come; null where there was none.
export function learnServerTime(header) {
    const server = Date.parse(header ?? '');
    if (Number.isNaN(server)) return;
    const difference = server + 500 - Date.now();
    skew = Math.abs(difference) < least_skew ? 0 : difference;
}

export const serverNow = () => Date.now() + skew;

/// Seconds since an ISO time; null where it is not known.
export function secondsSince(time) {
    const then = Date.parse(time ?? '');
    return Number.isNaN(then) ? null : Math.max(0, Math.floor((serverNow() - then) / 1000));
}

const two = (value) => String(value).padStart(2, '0');

/// "12 s", "4:07", "1:02:33", "2 d 3 h".
export function duration(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    if (whole < 60) return t('seconds', { n: whole });
    const minutes = Math.floor(whole / 60);
    if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
    const hours = Math.floor(minutes / 60);
    if (hours < 48) return `${hours}:${two(minutes % 60)}:${two(whole % 60)}`;
    return t('days', { d: Math.floor(hours / 24), h: hours % 24 });
}

/// "12 s", "4 min", "1 h 02 min": how long still, or how long ago, where seconds say too much.
export function roughDuration(seconds) {
    const whole = Math.max(0, Math.ceil(seconds));
    if (whole < 90) return t('seconds', { n: whole });
    const minutes = Math.round(whole / 60);
    if (minutes < 60) return t('minutes', { n: minutes });
    return t('hours', { h: Math.floor(minutes / 60), m: two(minutes % 60) });
}
