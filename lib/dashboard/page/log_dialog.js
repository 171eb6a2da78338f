// The end of a relay's log, read again while it is open.
import * as api from './api.js';
import { copyButton } from './copy.js';
import { openDialog } from './dialogs.js';
import { h, set, setText, show as setShown } from './dom.js';
import { tellError } from './notices.js';
import { plural, serverLanguage, t } from './words.js';

const few = 200;
const many = 2000;
const again_ms = 2000;

export function openLogDialog(name) {
    let lines = few;
    let timer = null;
    let isOpen = true;
    let isTold = false;
    const intro = h('p', { class: 'hint' });
    const text = h('pre', { class: 'log', tabindex: '0', role: 'region', 'aria-label': t('log_label'), text: t('loading') });
    const more = h('button', { type: 'button', hidden: true, text: t('log_more'),
        on: { click: () => { lines = many; text.focus(); read(); } } });
    const read = async () => {
        clearTimeout(timer);
        try {
            show(await api.logOf(name, lines));
        } catch (error) {
            if (!isTold) tellError(error, t('error_log'));
            isTold = true;
        }
        clearTimeout(timer);
        if (isOpen) timer = setTimeout(read, again_ms);
    };
    const show = (log) => {
        const isAtEnd = text.scrollHeight - text.scrollTop - text.clientHeight < 40;
        const isFirst = text.textContent === t('loading');
        const found = log.trim() === '' ? 0 : log.trimEnd().split('\n').length;
        setText(intro, plural('log_lines', found));
        // All that there is is shown already.
        setShown(more, lines === few && found >= few);
        set(text, 'lang', found === 0 ? null : serverLanguage());
        setText(text, found === 0 ? t('log_empty') : log.trimEnd());
        if (isAtEnd || isFirst) text.scrollTop = text.scrollHeight;
    };
    openDialog({ title: t('log_title', { name }), kind: 'dialog-wide', body: [intro, text],
        actions: [more, copyButton(t('log_copy'), async () => text.textContent)],
        onClose: () => { isOpen = false; clearTimeout(timer); } });
    text.focus();
    read();
}
