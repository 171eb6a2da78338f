// The findings of doctor: what is wrong first, what is fine folded away.
import { announce } from './announce.js';
import * as api from './api.js';
import { byId, h, set, setText } from './dom.js';
import { icon } from './icons.js';
import { model } from './model.js';
import { tellError } from './notices.js';
import { findingPieces, nodesOf, wordsOf } from './sentences.js';
import { roughDuration } from './times.js';
import { currentLanguage, plural, t } from './words.js';

/// After a change, until all is as it will be; and between checks that nobody asked for.
const settle_ms = 2000;
const gap_ms = 5000;
const order = ['failure', 'warning', 'ok'];
const shapes = { failure: 'trouble', warning: 'trouble', ok: 'ok' };
const tones = { failure: 'bad', warning: 'warn', ok: 'live' };

export class DoctorPanel {
    constructor() {
        this.body = byId('doctor-body');
        this.button = byId('doctor-run');
        this.when = h('p', { class: 'hint' });
        this.report = null;
        this.button.addEventListener('click', () => this.run({ isAsked: true }));
    }

    /// Something has changed that it may have an opinion about.
    wake() {
        if (this.report === null || this.timer) return;
        this.isOld = true;
        this.refreshWords();
        const wait = Math.max(settle_ms, this.at + gap_ms - Date.now());
        this.timer = setTimeout(() => { this.timer = null; this.run(); }, wait);
    }

    /// The same, where `what` is something else than the last time.
    wakeOn(what) {
        if (this.seen !== what) this.wake();
        this.seen = what;
    }

    /// `isAsked`: the user hears of the outcome.
    async run({ isAsked = false } = {}) {
        if (this.isRunning) {
            this.wake();
            return;
        }
        this.isRunning = true;
        this.refreshWords();
        try {
            const report = await api.doctor();
            if (report.findings.some(({ action }) => action)) this.actions ??= await import('./doctor_actions.js').catch(() => undefined);
            this.report = report;
            this.at = Date.now();
            this.isOld = Boolean(this.timer);
        } catch (error) {
            if (isAsked) tellError(error, t('doctor_failed'));
        }
        this.isRunning = false;
        this.refreshWords();
        if (isAsked && this.report !== null) announce('doctor', t('doctor_said', { result: this.#summary() }));
    }

    #of(severity) {
        return this.report.findings.filter((each) => each.severity === severity);
    }

    #summary() {
        const parts = [];
        const failures = this.#of('failure').length;
        const warnings = this.#of('warning').length;
        if (failures > 0) parts.push(plural('doctor_failures', failures));
        if (warnings > 0) parts.push(plural('doctor_warnings', warnings));
        return parts.length === 0 ? t('doctor_fine') : parts.join(', ');
    }

    refreshWords() {
        setText(this.button, t(this.isRunning ? 'doctor_running' : 'doctor_run'));
        set(this.button, 'aria-disabled', this.isRunning ? 'true' : null);
        if (this.report === null) {
            this.body.replaceChildren(h('p', { class: 'hint', text: this.isRunning ? t('doctor_running') : '' }));
            return;
        }
        const bad = order.slice(0, 2).flatMap((severity) => this.#of(severity));
        const fine = this.#of('ok');
        const isOld = bad.length === 0 && this.isOld;
        // What is the same stays: somebody may be about to press it.
        const text = JSON.stringify([currentLanguage(), isOld, this.report.findings, [...model.configured.values()]]);
        this.refresh();
        if (text === this.shown) return;
        this.shown = text;
        const isOpen = this.body.querySelector('details')?.open ?? false;
        const focused = this.body.contains(document.activeElement) ? document.activeElement : null;
        this.body.replaceChildren(
            bad.length === 0 ? this.#fineNode() : h('ul', { class: 'findings' }, ...bad.map((each) => this.#findingNode(each))),
            h('details', { open: isOpen }, h('summary', { text: plural('doctor_ok', fine.length) }),
                h('ul', { class: 'findings' }, ...fine.map((each) => this.#findingNode(each)))),
            this.when);
        if (focused !== null) this.#focusAgain(focused.dataset.command);
    }

    #focusAgain(command) {
        const same = [...this.body.querySelectorAll('[data-command]')].find((each) => each.dataset.command === command);
        (same ?? this.body.querySelector('summary')).focus();
    }

    /// That all is fine is not said of a time that is over.
    #fineNode() {
        if (this.isOld) return h('p', { class: 'hint', text: t('doctor_running') });
        return h('p', { class: 'doctor-fine' }, icon('ok'), h('span', { text: t('doctor_fine') }));
    }

    /// What time changes.
    refresh() {
        if (this.report !== null) setText(this.when, t('doctor_when', { time: roughDuration((Date.now() - this.at) / 1000) }));
    }

    #findingNode(finding) {
        const { severity, action = null } = finding;
        const { message, cause, remedy } = findingPieces(finding);
        const button = action === null ? null : this.actions?.actionNode(action, () => this.run()) ?? null;
        const isTold = remedy.length > 0 && (button === null || !this.actions.isOnlyCommand(wordsOf(remedy)));
        return h('li', { class: 'finding', 'data-tone': tones[severity] ?? 'wait' }, icon(shapes[severity] ?? 'waiting'),
            h('div', {},
                h('p', { class: 'finding-message' }, h('span', { class: 'unseen', text: `${t(`finding_${severity}`)}: ` }),
                    h('span', {}, ...nodesOf(message))),
                cause.length > 0 ? h('p', { class: 'hint' }, ...nodesOf(cause)) : null,
                isTold ? h('p', { class: 'remedy' }, ...nodesOf(remedy)) : null, button));
    }
}
