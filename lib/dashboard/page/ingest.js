// The ingest: whether a picture comes, which, from whom; and its server.
import { announce } from './announce.js';
import { ingest as command } from './commands.js';
import { byId, h, set, setText, show } from './dom.js';
import { icon } from './icons.js';
import { audioWords, videoWords } from './media_words.js';
import { model } from './model.js';
import { ObsSettings } from './obs.js';
import { findingPieces, nodesOf } from './sentences.js';
import { Sparkline } from './sparkline.js';
import { duration, roughDuration, secondsSince } from './times.js';
import { hasWord, number, plural, serverLanguage, t } from './words.js';

const states = {
    live: { tone: 'live', icon: 'live' },
    silent: { tone: 'bad', icon: 'trouble' },
    no_publisher: { tone: 'wait', icon: 'waiting' },
    down: { tone: 'bad', icon: 'trouble' },
    unknown: { tone: 'wait', icon: 'waiting' },
};
/// Who was turned away, or cut off, longer ago is no news.
const refusal_s = 600;
const most_refusals = 3;
/// So long the first figure of a publisher may take.
const unmeasured_s = 3;

export class IngestPanel {
    constructor() {
        this.sparkline = new Sparkline();
        this.obs = new ObsSettings();
        this.lastState = null;
        this.#build();
    }

    #build() {
        this.picture = h('img', { class: 'picture-image', alt: '', hidden: true });
        this.nothing = h('p', { class: 'picture-nothing' });
        this.trouble = h('div', { class: 'reason', 'data-tone': 'warn', hidden: true });
        this.facts = h('dl', { class: 'facts' });
        this.rate = h('p', { class: 'rate' });
        this.flow = h('div', { class: 'flow-chart', hidden: true }, this.sparkline.node, this.rate);
        this.refusals = h('ul', { class: 'refusals', hidden: true });
        this.obsTitle = h('summary');
        this.obsBox = h('details', { class: 'obs-box' }, this.obsTitle, this.obs.node);
        this.serverLine = h('p', { class: 'hint server-line' });
        this.start = this.#button('start', 'primary');
        this.reload = this.#button('reload');
        this.restart = this.#button('restart');
        byId('ingest-body').append(h('div', { class: 'picture' }, this.picture, this.nothing),
            h('div', { class: 'ingest-rest' }, this.trouble, this.flow, this.facts, this.refusals, this.obsBox,
                h('div', { class: 'server' }, this.serverLine,
                    h('div', { class: 'server-actions' }, this.start, this.reload, this.restart))));
        this.refreshWords();
    }

    #button(verb, style = null) {
        const button = h('button', { type: 'button', class: style, 'data-action': `ingest-${verb}`,
            on: { click: () => command(verb, button) } });
        button.verb = verb;
        return button;
    }

    refreshWords() {
        for (const each of [this.start, this.reload, this.restart]) setText(each, t(`ingest_${each.verb}`));
        set(this.reload, 'aria-label', t('ingest_reload_now'));
        set(this.restart, 'aria-label', t('ingest_restart_now'));
        setText(this.obsTitle, t('obs'));
        set(this.picture, 'alt', t('picture_alt'));
        this.obs.refreshWords();
        this.sparkline.refreshWords();
        this.update();
    }

    /// Shows what the model has.
    update() {
        const status = model.status?.ingest ?? null;
        const document = model.ingest;
        // Both tell the state; the status comes more often.
        const state = status?.state ?? document?.state ?? null;
        this.#showState(state);
        this.#showFacts(status, document, state);
        this.#showTrouble(document?.trouble ?? status?.trouble ?? null, document?.problem ?? null, state,
            silenceOf(status, document));
        this.obs.update(model.obs);
        this.#showServer(document ?? status, state);
        this.refresh();
        if (state !== null && !this.isOpened) {
            this.isOpened = true;
            this.obsBox.open = state !== 'live' && (model.status?.destinations.length ?? 0) > 0;
        }
    }

    #showState(state) {
        const node = byId('ingest-state');
        const shown = states[state];
        const word = t(`ingest_${state ?? 'waiting'}`);
        set(node, 'data-tone', shown?.tone ?? 'quiet');
        const shape = shown?.icon ?? 'busy';
        if (this.shownIcon !== shape) {
            this.tallyWord = h('span', { class: 'tally-word' });
            node.replaceChildren(h('span', { class: 'tally-icon' }, icon(shape)), this.tallyWord);
        }
        this.shownIcon = shape;
        setText(this.tallyWord, word);
        if (this.lastState !== null && this.lastState !== state) announce('ingest', t('said_state', { name: t('ingest'), state: word }));
        this.lastState = state;
        this.#uncover();
        const why = { down: 'picture_down', silent: 'picture_silent', no_publisher: 'picture_start', live: 'picture_none_live' }[state];
        setText(this.nothing, t(why ?? 'picture_none'));
    }

    #showFacts(status, document, state) {
        const facts = [];
        const video = document?.video ?? status?.video ?? null;
        const audio = document?.audio ?? status?.audio ?? null;
        if (state === 'live' || state === 'silent') {
            if (video !== null) facts.push([t('video'), videoWords(video)]);
            if (audio !== null) facts.push([t('audio'), audioWords(audio)]);
            if (document?.publisher) facts.push([t('publisher'), publisherWords(document.publisher)]);
        }
        const onAir = document?.on_air ?? status?.on_air ?? null;
        if (onAir !== null) facts.push([t('on_air'), onAirWords(onAir, document)]);
        if (state === 'unknown') facts.push([t('server'), t('ingest_unknown_note')]);
        const text = JSON.stringify(facts);
        if (text === this.shownFacts) return;
        this.shownFacts = text;
        this.facts.replaceChildren(...facts.map(([word, value]) => h('div', {}, h('dt', { text: word }), h('dd', {}, ...inPieces(value)))));
        show(this.facts, facts.length > 0);
    }

    #showTrouble(trouble, problem, state, silence) {
        const lines = [];
        if (state === 'silent') {
            lines.push(['reason-message', [{ text: t(silence?.missing === 'picture' ? 'silent_picture' : 'silent_everything') }]],
                ['remedy', [{ text: t('silent_remedy') }]]);
        } else if (trouble !== null) {
            const { message, remedy } = findingPieces(trouble);
            lines.push(['reason-message', message], ['remedy', remedy]);
        } else if (problem !== null && state === 'down') lines.push(['reason-message', [{ text: problem, lang: serverLanguage() }]]);
        const text = JSON.stringify(lines);
        if (text === this.shownTrouble) return;
        this.shownTrouble = text;
        this.trouble.replaceChildren(...lines.filter(([, pieces]) => pieces.length > 0)
            .map(([style, pieces]) => h('p', { class: style }, ...nodesOf(pieces))));
        show(this.trouble, lines.length > 0);
    }

    #showServer(server, state) {
        const kind = server?.server ?? null;
        const isOurs = kind !== null && kind !== 'external';
        const running = server?.running ?? null;
        let words = kind === null ? '' : t('server_is', { text: t(`server_${kind}`) });
        if (running !== null && running !== kind) words = t('server_other_runs', { running: t(`server_${running}`) });
        else if ((state === 'live' || state === 'silent') && typeof server?.players === 'number') words += `, ${plural('players', server.players)}`;
        setText(this.serverLine, words);
        show(this.start, isOurs && state === 'down');
        show(this.reload, isOurs && state !== 'down');
        show(this.restart, (isOurs && state !== 'down') || (running !== null && running !== kind));
    }

    /// What time changes.
    refresh() {
        const document = model.ingest;
        const kbps = this.#kbps();
        const since = secondsSince({ live: document?.publisher?.since,
            silent: silenceOf(model.status?.ingest, document)?.since }[this.lastState]);
        show(this.flow, this.lastState === 'live' || this.lastState === 'silent');
        setText(this.rate, kbps === null ? t('kbps_unknown') : t('kbps', { n: number(kbps) }));
        if (since !== null && this.tallyWord) this.#showTime(duration(since));
        else this.tallyTime?.remove();
        this.#showTurnedAway(document?.refusals ?? [], document?.cut_offs ?? []);
    }

    #showTime(text) {
        this.tallyTime ??= h('span', { class: 'tally-time' });
        if (this.tallyTime.parentNode === null || this.tallyTime.previousSibling !== this.tallyWord) this.tallyWord.after(this.tallyTime);
        setText(this.tallyTime, text);
    }

    #showTurnedAway(refusals, cutOffs) {
        const all = [...refusals.map((each) => ({ ...each, kind: 'refusal', who: 'refused_who' })),
            // A stranger is a scanner, as a rule; one that speaks TLS may be an encoder with the wrong URL.
            ...cutOffs.filter((each) => each.role !== 'stranger' || each.code === 'tls')
                .map((each) => ({ ...each, kind: 'cut_off', who: 'cut_off_who' }))];
        const recent = all.filter((each) => (secondsSince(each.when) ?? refusal_s) < refusal_s)
            .sort((a, b) => secondsSince(a.when) - secondsSince(b.when)).slice(0, most_refusals);
        show(this.refusals, recent.length > 0);
        while (this.refusals.children.length > recent.length) this.refusals.lastElementChild.remove();
        recent.forEach((each, i) => {
            if (this.refusals.children.length <= i) this.refusals.append(h('li', {}, h('span'), h('span')));
            const [words, problem] = this.refusals.children[i].children;
            setText(words, `${t(each.who, { address: each.address, time: roughDuration(secondsSince(each.when)) })} `);
            const word = `${each.kind}_${each.code}`;
            const isKnown = hasWord(word);
            setText(problem, isKnown ? t(word) : each.problem);
            set(problem, 'lang', isKnown ? null : serverLanguage());
        });
    }

    #kbps() {
        if (this.lastState === 'silent' && silenceOf(model.status?.ingest, model.ingest)?.missing !== 'picture') return 0;
        if (this.lastState !== 'live' && this.lastState !== 'silent') return null;
        const { bitrate_kbps: kbps, publisher } = model.ingest ?? {};
        const isUnmeasured = kbps === 0 && (secondsSince(publisher?.since) ?? unmeasured_s) < unmeasured_s;
        if (isUnmeasured) return null;
        if (typeof kbps === 'number') return kbps;
        const { video, audio } = model.status.ingest;
        const sum = (video?.bitrate_kbps ?? 0) + (audio?.bitrate_kbps ?? 0);
        return sum > 0 ? sum : null;
    }

    /// Once a second: a point of the line.
    sample(isKnown) {
        this.sparkline.add(isKnown ? this.#kbps() : null);
    }

    /// A picture of what is no more would say that all is well.
    #uncover() {
        show(this.picture, this.picture.hasAttribute('src') && (this.lastState === 'live' || this.lastState === 'unknown'));
    }

    /// A new picture, or none; the old one stays until the new one is there.
    async showPicture(at) {
        this.pictureAt = at;
        if (at === null) {
            this.picture.removeAttribute('src');
            this.#uncover();
            return;
        }
        const next = new Image();
        next.src = `/api/v1/thumbnail?at=${encodeURIComponent(at)}`;
        try {
            await next.decode();
        } catch {
            return;
        }
        if (this.pictureAt !== at) return;
        this.picture.src = next.src;
        this.#uncover();
    }
}

/// What is missing, and since when; null where nothing is.
const silenceOf = (status, document) => status?.silence ?? document?.silence ?? null;

/// A line breaks between them, not inside.
function inPieces(text) {
    const pieces = text.split(', ');
    return pieces.flatMap((piece, i) => [h('span', { class: 'piece', text: piece + (i + 1 < pieces.length ? ',' : '') }), ' ']).slice(0, -1);
}

/// What OBS and most others call themselves says nothing.
function publisherWords({ software, address }) {
    return [software?.startsWith('FMLE/') ? '' : software, address].filter(Boolean).join(', ');
}

function onAirWords(onAir, document) {
    const other = onAir === 'primary' ? 'backup' : 'primary';
    const standby = document?.[other] === undefined ? '' : `; ${t(document[other] === null ? 'standby_no' : 'standby_yes')}`;
    return t(`on_air_${onAir}`) + standby;
}
