// What a screen reader says of its own: changes of states, the last of each, not more than one
// sentence in a few seconds.
import { byId } from './dom.js';

const gap_ms = 3000;
const gather_ms = 800;
const waiting = new Map();
let timer = null;
let lastSaid = 0;

/// A later announcement about the same `subject` takes the place of one that waits.
export function announce(subject, text) {
    waiting.delete(subject);
    waiting.set(subject, text);
    if (timer !== null) return;
    const wait = Math.max(gather_ms, lastSaid + gap_ms - Date.now());
    timer = setTimeout(say, wait);
}

function say() {
    timer = null;
    lastSaid = Date.now();
    // What is outside of a modal dialog is not read.
    const inDialog = [...document.querySelectorAll('dialog[open] .announcer')].at(-1);
    (inDialog ?? byId('announcer')).textContent = [...waiting.values()].join('. ');
    waiting.clear();
}
