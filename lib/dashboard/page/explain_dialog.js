// What went wrong lately, and which part caused it: restream explain, in a dialog. Loaded when it is asked for.
import * as api from './api.js';
import { openDialog } from './dialogs.js';
import { h } from './dom.js';
import { tellError } from './notices.js';
import { sentence } from './reasons.js';
import { duration } from './times.js';
import { list, momentOf, serverLanguage, t } from './words.js';

/// Newest first; more than these nobody reads.
const most = 20;

function incidentNode({ begin, end, duration_s: seconds, affected, words, remedy }) {
    const lang = serverLanguage();
    const when = end === null ? t('explain_since', { begin: momentOf(begin) }) :
        t('explain_when', { begin: momentOf(begin), time: duration(seconds) });
    return h('li', { class: 'incident' },
        h('p', { class: 'hint', text: affected.length === 0 ? when : `${when} · ${list(affected)}` }),
        h('p', { class: 'finding-message', lang, text: sentence(words) }),
        remedy ? h('p', { class: 'remedy', lang, text: sentence(remedy) }) : null);
}

/// `names`: only what they were affected by; empty: all.
export async function openExplainDialog(names = []) {
    const body = h('div', { 'aria-live': 'polite' }, h('p', { class: 'hint', text: t('loading') }));
    const dialog = openDialog({ title: t('explain'), body: [body] });
    try {
        const { incidents } = await api.explain();
        const meant = incidents.filter(({ affected }) => names.length === 0 || affected.some((each) => names.includes(each)));
        body.replaceChildren(meant.length === 0 ? h('p', { text: t('explain_nothing') }) :
            h('ul', { class: 'findings', role: 'list' }, ...meant.slice(-most).reverse().map(incidentNode)));
    } catch (error) {
        dialog.close();
        tellError(error, t('error_explain'));
    }
}
