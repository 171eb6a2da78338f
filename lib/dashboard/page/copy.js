// Copying to the clipboard, also where the page came over plain HTTP from another machine.
import { announce } from './announce.js';
import { h, set, setText } from './dom.js';
import { notice } from './notices.js';
import { t } from './words.js';

const shown_ms = 2000;

function copyTheOldWay(text, beside) {
    const area = h('textarea', { class: 'unseen', readonly: true, 'aria-hidden': 'true' });
    area.value = text;
    // Inside the dialog where there is one: what is outside cannot be focused.
    (beside.closest('dialog') ?? document.body).append(area);
    const focused = document.activeElement;
    area.select();
    const isCopied = document.execCommand('copy');
    area.remove();
    focused?.focus();
    return isCopied;
}

async function copy(text, beside) {
    if (navigator.clipboard !== undefined) {
        try {
            await navigator.clipboard.writeText(text);
            return true;
        } catch { /* not allowed; the old way may be */ }
    }
    return copyTheOldWay(text, beside);
}

function say(button, text, label) {
    setText(button, text);
    set(button, 'aria-label', label);
}

/// A button that copies what `find` gives (a promise of text, or null for nothing). `label` is what it
/// does, for who does not see what it stands beside.
export function copyButton(label, find) {
    const button = h('button', { type: 'button', class: 'small', 'aria-label': label, text: t('copy'),
        on: { click: async () => {
            const text = await find();
            if (text === null) return;
            if (!await copy(text, button)) {
                notice({ kind: 'error', message: t('copy_failed') });
                return;
            }
            say(button, t('copied'), t('copied'));
            announce('copy', t('copied'));
            setTimeout(() => say(button, t('copy'), label), shown_ms);
        } } });
    return button;
}
