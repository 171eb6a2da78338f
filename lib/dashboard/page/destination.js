// A destination's card: the switch is the wish, the state beside it the truth.
import { announce } from './announce.js';
import { describe, describeBackup } from './destination_state.js';
import { freshId, h, set, setText, show } from './dom.js';
import { icon } from './icons.js';
import { model, serviceName } from './model.js';
import { isAboutKey } from './reasons.js';
import { Sparkline } from './sparkline.js';
import { duration, secondsSince } from './times.js';
import { isWished, switchOff, wish, wishFor } from './wishes.js';
import { number, serverLanguage, t } from './words.js';

/// So long the first figure of a session may take.
const unmeasured_s = 3;
const usual_ports = { rtmp: ':1935', rtmps: ':443' };

/// "a.rtmps.youtube.com" of a URL, with its port where that is not the usual one; a file's path.
function placeOf(url) {
    if (url.startsWith('file:')) return url.slice('file:'.length).replace(/^\/\/(?=\/)/, '');
    const [, scheme, rest] = /^([a-z]+):\/\/(?:[^/@]*@)?(.*)$/.exec(url) ?? [null, '', url];
    const place = rest.replace(/[/?].*$/, '');
    const usual = usual_ports[scheme] ?? '';
    return usual !== '' && place.endsWith(usual) ? place.slice(0, -usual.length) : place;
}

function platformWords(status) {
    const isFile = status.url.startsWith('file:');
    const platform = status.service !== '' ? serviceName(status.service) : t(isFile ? 'file' : 'own_url');
    return { platform, place: placeOf(status.url) };
}

/// What its session sends now; null where there is none, or where it is too young to have been measured.
function rateOf({ session, state }) {
    const age = session === null ? null : secondsSince(session.started);
    if (age === null) return null;
    return session.bitrate_kbps === 0 && state === 'live' && age < unmeasured_s ? null : session.bitrate_kbps;
}

function roundTripWords(ms) {
    return ms < 1 ? t('ms_less') : t('ms', { n: number(ms) });
}

function figure(word, hint = null) {
    const label = h('dt', { title: hint });
    const value = h('dd');
    return { word, label, value, node: h('div', {}, label, value) };
}

export class DestinationCard {
    /// `actions`: restart, log, edit, remove, key, retry; each gets the name.
    constructor(name, actions) {
        this.name = name;
        this.actions = actions;
        this.sparkline = new Sparkline();
        this.lastSaid = null;
        this.lastDropped = 0;
        this.#build();
        this.refreshWords();
    }

    #build() {
        const id = freshId('destination');
        this.word = h('span', { class: 'switch-word', 'aria-hidden': 'true' });
        this.switch = h('button', { type: 'button', class: 'switch', role: 'switch', 'aria-checked': 'false',
            'aria-describedby': `${id}-state`, on: { click: () => this.#toggle() } },
        h('span', { class: 'switch-track' }, h('span', { class: 'switch-thumb' })), this.word);
        this.platform = h('span', { class: 'platform' });
        this.place = h('span', { class: 'place' });
        this.stateIcon = h('span', { class: 'tally-icon' });
        this.stateWord = h('span', { class: 'tally-word' });
        this.stateTime = h('span', { class: 'tally-time' });
        this.tally = h('p', { class: 'tally', id: `${id}-state` }, this.stateIcon, this.stateWord, this.stateTime);
        this.node = h('li', { class: 'card', id: `destination-${this.name}`, 'data-name': this.name },
            h('article', { 'aria-labelledby': `${id}-name` },
                h('div', { class: 'card-head' }, this.switch,
                    h('div', { class: 'who' }, h('h3', { id: `${id}-name`, text: this.name }),
                        h('p', { class: 'whereto' }, this.platform, this.place)),
                    this.tally),
                this.#buildReason(), this.#buildBackup(), this.#buildFigures(), this.#buildActions()));
    }

    #buildReason() {
        this.message = h('span');
        this.detail = h('span', { class: 'reason-detail' });
        this.messageLine = h('p', { class: 'reason-message' }, this.message, this.detail);
        this.remedy = h('p', { class: 'remedy' });
        this.note = h('p', { class: 'note' });
        this.keyButton = this.#button('new_key', 'small', 'key');
        this.retryButton = this.#button('try_now', 'small', 'retry');
        this.reason = h('div', { class: 'reason', hidden: true }, this.messageLine, this.remedy, this.note,
            h('div', { class: 'reason-actions' }, this.keyButton, this.retryButton));
        return this.reason;
    }

    #buildBackup() {
        this.backupIcon = h('span', { class: 'tally-icon' });
        this.backupWords = h('span');
        this.backup = h('p', { class: 'backup', hidden: true }, this.backupIcon, this.backupWords);
        return this.backup;
    }

    #buildFigures() {
        this.rate = h('p', { class: 'rate' });
        this.figures = { dropped: figure('dropped', t('dropped_hint')), reconnects: figure('reconnects'),
            round_trip: figure('round_trip'), queued: figure('queued') };
        this.flow = h('div', { class: 'flow', hidden: true },
            h('div', { class: 'flow-chart' }, this.sparkline.node, this.rate),
            h('dl', { class: 'figures' }, ...Object.values(this.figures).map((each) => each.node)));
        return this.flow;
    }

    #buildActions() {
        this.startButton = this.#button('start', 'quiet', 'retry');
        this.stopButton = this.#button('stop', 'quiet', 'stop');
        this.restartButton = this.#button('restart', 'quiet', 'restart');
        this.buttons = [this.keyButton, this.retryButton, this.startButton, this.stopButton, this.restartButton,
            this.#button('log', 'quiet', 'log'), this.#button('edit', 'quiet', 'edit'),
            this.#button('remove', 'quiet', 'remove')];
        return h('div', { class: 'card-actions' }, ...this.buttons.slice(2));
    }

    #button(word, style, action) {
        const button = h('button', { type: 'button', class: style, 'data-action': action,
            on: { click: () => this.actions[action](this.name) } });
        button.word = word;
        return button;
    }

    #toggle() {
        if (isWished(this.status)) switchOff([this.name], this.switch);
        else wish(this.name, true);
    }

    /// After a change of language.
    refreshWords() {
        set(this.switch, 'aria-label', t('switch_label', { name: this.name }));
        for (const each of this.buttons) {
            setText(each, t(each.word));
            set(each, 'aria-label', t('action_of', { action: t(each.word), name: this.name }));
        }
        for (const each of Object.values(this.figures)) setText(each.label, t(each.word));
        set(this.figures.dropped.label, 'title', t('dropped_hint'));
        this.sparkline.refreshWords();
        this.lastSaid = null;
    }

    /// Shows a new status.
    update(status) {
        this.status = status;
        const { platform, place } = platformWords(status);
        setText(this.platform, platform);
        setText(this.place, place);
        set(this.place, 'title', status.url);
        this.refresh();
    }

    /// What time and wishes change: once a second, and after a click. Gives what describe() says.
    refresh() {
        const { status } = this;
        const wanted = isWished(status);
        const state = describe(status, wishFor(this.name));
        set(this.switch, 'aria-checked', String(wanted));
        setText(this.word, t(wanted ? 'on' : 'off'));
        set(this.node, 'data-kind', state.kind);
        set(this.node, 'data-tone', state.tone);
        set(this.tally, 'data-tone', state.tone);
        if (this.shownIcon !== state.icon) this.stateIcon.replaceChildren(icon(state.icon));
        this.shownIcon = state.icon;
        setText(this.stateWord, state.word);
        setText(this.stateTime, state.elapsed);
        this.#showReason(state);
        this.#showBackup(status);
        this.#showFlow(status, state);
        this.#showActions(status, state);
        this.#say(state);
        return state;
    }

    #showReason({ reason, note, kind, tone }) {
        setText(this.message, reason?.message ?? '');
        setText(this.detail, reason?.detail ? ` ${reason.detail}` : '');
        setText(this.remedy, reason?.remedy ?? '');
        setText(this.note, note);
        for (const each of [this.message, this.remedy]) set(each, 'lang', reason?.lang ?? null);
        set(this.detail, 'lang', serverLanguage());
        show(this.messageLine, this.message.textContent !== '');
        show(this.remedy, this.remedy.textContent !== '');
        show(this.note, note !== '');
        const isTrouble = kind === 'backoff' || kind === 'rejected';
        const isEditable = model.configured.get(this.name)?.is_editable ?? false;
        show(this.keyButton, isTrouble && isAboutKey(this.status.reason) && isEditable);
        show(this.retryButton, isTrouble);
        show(this.reason, reason !== null || note !== '');
        set(this.reason, 'data-tone', tone);
    }

    #showBackup(status) {
        const state = describeBackup(status);
        show(this.backup, state !== null);
        if (state === null) return;
        set(this.backup, 'data-tone', state.tone);
        if (this.shownBackupIcon !== state.icon) this.backupIcon.replaceChildren(icon(state.icon));
        this.shownBackupIcon = state.icon;
        const words = [state.word, state.elapsed, state.reason?.message].filter(Boolean).join(', ');
        setText(this.backupWords, t('backup_is', { text: words }));
    }

    #showFlow(status, { kind }) {
        const { session } = status;
        const isFlowing = session !== null && ['live', 'settling', 'holding', 'ending'].includes(kind);
        show(this.flow, isFlowing);
        if (!isFlowing) return;
        const kbps = rateOf(status);
        setText(this.rate, kbps === null ? t('kbps_unknown') : t('kbps', { n: number(kbps) }));
        setText(this.figures.dropped.value, number(session.dropped_messages));
        set(this.figures.dropped.node, 'data-tone', session.dropped_messages > 0 ? 'warn' : null);
        setText(this.figures.reconnects.value, number(status.reconnects));
        show(this.figures.round_trip.node, typeof session.rtt_ms === 'number');
        setText(this.figures.round_trip.value, roundTripWords(session.rtt_ms ?? 0));
        show(this.figures.queued.node, session.queue_ms >= 500);
        setText(this.figures.queued.value, duration(session.queue_ms / 1000));
    }

    #showActions(status, { kind }) {
        const isStopped = status.state === 'stopped';
        show(this.startButton, kind === 'stopped' || kind === 'not_running');
        show(this.stopButton, !status.wanted && !isStopped && wishFor(this.name) === null);
        // Where it is in trouble, to try now is the same, and stands beside the reason.
        show(this.restartButton, !isStopped && !['ending', 'backoff', 'rejected'].includes(kind));
    }

    #say({ kind, reason }) {
        const said = `${kind} ${this.status.reason?.code ?? ''}`;
        if (this.lastSaid === said) return;
        const isFirst = this.lastSaid === null;
        this.lastSaid = said;
        if (isFirst) return;
        const values = { name: this.name, state: t(`state_${kind}`), reason: reason?.message };
        announce(this.name, t(reason === null ? 'said_state' : 'said_reason', values));
    }

    /// Once a second: a point of the line. `isKnown`: the connection to the server is there.
    sample(isKnown) {
        const { session } = this.status;
        const dropped = session?.dropped_messages ?? 0;
        this.sparkline.add(isKnown ? rateOf(this.status) : null, dropped > this.lastDropped);
        this.lastDropped = dropped;
    }
}
