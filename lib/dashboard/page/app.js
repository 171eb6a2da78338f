// The page: keeps what the server tells, and has each part show it.
import { announce } from './announce.js';
import * as api from './api.js';
import { command, endAll, goLive, remove, restart, restartAll, startAll, stopAll } from './commands.js';
import { DestinationCard } from './destination.js';
import { openAddForm, openEditForm } from './destination_form.js';
import { DoctorPanel } from './doctor.js';
import { byId, h, set, setText, show } from './dom.js';
import { EmptyState, MorePlaces } from './empty.js';
import { Events } from './events.js';
import { icon } from './icons.js';
import { IngestPanel } from './ingest.js';
import { openKeyDialog } from './key_dialog.js';
import { openLogDialog } from './log_dialog.js';
import { all, model, receiveIngest, receiveStatus } from './model.js';
import { closeOnLeave } from './menu.js';
import { settleNotices, tellError, undoLast } from './notices.js';
import { errorPieces, nodesOf } from './sentences.js';
import { Summary } from './summary.js';
import { roughDuration } from './times.js';
import { onWish, settle, wish } from './wishes.js';
import { currentLanguage, languages, onLanguage, serverLanguage, setLanguage, t, translatePage } from './words.js';

translatePage();
const cards = new Map();
const ingestPanel = new IngestPanel();
const doctorPanel = new DoctorPanel();
const emptyState = new EmptyState();
const morePlaces = new MorePlaces();
/// Loaded when it is opened.
let changesPanel = null;
/// So many leave room to offer more.
const few_destinations = 2;
const told_next_ms = 200;
const summary = new Summary();
const actions = {
    restart, remove, log: openLogDialog, edit: openEditForm, key: openKeyDialog,
    retry: (name) => wish(name, true), stop: (name) => command('disable', name),
};

const events = new Events({
    status: showStatus,
    ingest(document) {
        receiveIngest(document);
        ingestPanel.update();
        emptyState.update();
    },
    thumbnail({ at }) { ingestPanel.showPicture(at); },
    configuration() {
        // Whether it is broken now is told next.
        setTimeout(loadConfiguration, told_next_ms);
        doctorPanel.wake();
    },
    problem({ error }) {
        problem = error;
        showProblem();
    },
    link: showLink,
});

function showStatus(document) {
    receiveStatus(document);
    showProblem();
    settle();
    showDestinations();
    settleNotices();
    ingestPanel.update();
    doctorPanel.wakeOn(healthOf(document));
}

/// What stood in the page as it was sent: to be seen before the first event. Null where the server could not look.
function firstStatus() {
    try {
        return JSON.parse(byId('first-status').textContent);
    } catch {
        return null;
    }
}

/// What doctor's opinion hangs on. One that tries again and again is always the same.
function healthOf({ ingest, destinations }) {
    return [ingest.state, ...destinations.map(({ name, wanted, state }) =>
        `${name} ${wanted} ${['live', 'holding', 'rejected', 'stopped'].includes(state) ? state : ''}`)].join();
}

/// Cards come and go with the destinations; those that stay keep their place, and so the focus.
function showDestinations() {
    const list = byId('cards');
    const names = all().map((each) => each.name);
    for (const [name, card] of cards) {
        if (names.includes(name)) continue;
        card.node.remove();
        cards.delete(name);
    }
    all().forEach((status, i) => {
        const card = cards.get(status.name) ?? new DestinationCard(status.name, actions);
        cards.set(status.name, card);
        card.update(status);
        if (list.children[i] !== card.node) list.insertBefore(card.node, list.children[i] ?? null);
    });
    showWithFocus(byId('empty'), names.length === 0);
    show(list, names.length > 0);
    showWithFocus(byId('more'), names.length > 0 && names.length <= few_destinations);
    for (const id of ['go-live', 'end-all', 'more-actions']) show(byId(id), names.length > 0);
    set(byId('add'), 'class', names.length > 0 ? null : 'primary');
    emptyState.update();
    morePlaces.update();
    refresh();
}

/// The focus is not lost with what is hidden.
function showWithFocus(node, isShown) {
    const hadFocus = !isShown && node.contains(document.activeElement);
    show(node, isShown);
    if (hadFocus) byId('destinations').focus();
}

/// What time changes, and wishes.
function refresh() {
    const described = all().map(({ name }) => ({ name, state: cards.get(name).refresh() }));
    summary.update(described, events.link);
}

function tick() {
    settle();
    const isKnown = events.link === 'open';
    // What nobody knows does not go on counting.
    if (events.link !== 'lost') refresh();
    for (const card of cards.values()) card.sample(isKnown);
    ingestPanel.sample(isKnown);
    if (events.link !== 'lost') ingestPanel.refresh();
    doctorPanel.refresh();
    if (events.link === 'lost') showLost();
}

function showLink(link, isNews = true) {
    document.body.dataset.link = link;
    const node = byId('link');
    node.replaceChildren(icon({ connecting: 'busy', open: 'ok', lost: 'trouble' }[link]), h('span', { text: t(`link_${link}`) }));
    show(byId('lost'), link === 'lost');
    // What cannot be asked for is not offered; but it keeps the focus.
    for (const each of byId('main').querySelectorAll('button')) set(each, 'aria-disabled', link === 'lost' ? 'true' : null);
    byId('main').setAttribute('aria-busy', String(link === 'connecting'));
    if (link === 'lost') showLost();
    if (link === 'lost' && isNews) {
        announce('link', t('link_lost_said'));
        // A page that is not let in any more hears of it here, and is loaded anew: events do not say why they ended.
        api.destinations().catch(() => {});
    }
    if (link === 'open' && wasLost && isNews) announce('link', t('link_back_said'));
    if (link === 'open' && isNews) queueMicrotask(loadConfiguration);
    wasLost = link === 'lost';
    refresh();
}
let wasLost = false;

function showLost() {
    const lost = byId('lost');
    if (lost.children.length === 0) {
        lost.append(icon('trouble'), h('p', {}, h('strong'), h('span', { class: 'lost-text' })));
    }
    const age = roughDuration((Date.now() - events.lastHeard) / 1000);
    setText(lost.querySelector('strong'), t('lost_title'));
    setText(lost.querySelector('.lost-text'), events.lastHeard === 0 ? t('lost_never') : t('lost_since', { time: age }));
}

/// Without TLS, anyone on the network path reads this page and its password. A proxy's TLS counts, too.
function showEncryption() {
    const isOfThisMachine = /^(localhost|127\.[0-9.]+|\[::1\])$/.test(location.hostname);
    const isRead = location.protocol === 'http:' && !isOfThisMachine;
    show(byId('unencrypted'), isRead);
    if (!isRead) return;
    byId('unencrypted').replaceChildren(icon('trouble'),
        h('p', {}, h('strong', { text: t('unencrypted') }), h('span', { text: t('unencrypted_why') })));
}

/// Why the server cannot look; null where it can.
let problem = null;
let shownProblem = '';

/// What is wrong in which file, in the page's language but for the server's own words.
function configErrorNodes({ file, line, column, words }) {
    const place = column !== null ? 'problem_column' : line !== null ? 'problem_line' : 'problem_file';
    return [h('span', {}, file === null ? null : `${t(place, { file, line, column })} `, h('span', { text: words, lang: serverLanguage() }),
        words.endsWith('.') ? ' ' : '. '), h('span', { text: t('problem_goes_on') })];
}

function problemNodes(error) {
    const { message, remedy } = errorPieces(error);
    return [h('span', {}, ...nodesOf(message), remedy.length > 0 ? `${serverLanguage() === null ? ';' : '.'} ` : null, ...nodesOf(remedy))];
}

/// A configuration that is broken, which hides nothing of what runs; else why the server cannot look.
function showProblem() {
    const broken = model.status?.config_error ?? null;
    const what = broken ?? problem;
    show(byId('problem'), what !== null);
    const text = JSON.stringify([what, currentLanguage()]);
    if (text === shownProblem) return;
    shownProblem = text;
    if (what === null) return;
    byId('problem').replaceChildren(icon('trouble'), h('p', {}, h('strong', { text: t('problem') }),
        ...(broken === null ? problemNodes(problem) : configErrorNodes(broken))));
    announce('problem', `${t('problem')} ${what.message}`);
}

/// What is configured, and the platforms; again whenever it has changed. One without the other is
/// better than nothing.
async function loadConfiguration() {
    await loadDocuments();
    if (model.status !== null) showDestinations();
    emptyState.update();
    morePlaces.update();
    if (doctorPanel.report === null) doctorPanel.run();
}

async function loadDocuments() {
    await Promise.all([
        load(api.destinations, ({ destinations }) => {
            model.configured = new Map(destinations.map((each) => [each.name, each]));
        }),
        model.services.length > 0 ? null : load(api.services, ({ services }) => { model.services = services; }),
    ]);
}

async function load(ask, keep) {
    try {
        keep(await ask());
    } catch (error) {
        // That there is no connection is told already; a broken configuration, too.
        if (error.code !== 'network' && error.code !== 'config') tellError(error, t('error_load'));
    }
}

function showLanguages() {
    byId('languages').replaceChildren(...Object.entries(languages).map(([code, name]) => h('button', {
        type: 'button', lang: code, title: name, 'aria-label': `${code.toUpperCase()} ${name}`, 'aria-pressed': String(code === currentLanguage()),
        text: code.toUpperCase(),
        on: { click: () => { setLanguage(code); byId('languages').querySelector(`[lang=${code}]`).focus(); } } })));
}

onLanguage(() => {
    showLanguages();
    for (const each of cards.values()) each.refreshWords();
    for (const part of [ingestPanel, doctorPanel, emptyState, morePlaces, changesPanel]) part?.refreshWords();
    showHints();
    showEncryption();
    showLink(events.link, false);
    showProblem();
    if (model.status !== null) showDestinations();
});
onWish(() => {
    refresh();
    settleNotices();
});
byId('main').addEventListener('click', (event) => {
    if (event.target.closest('[aria-disabled="true"]') === null) return;
    event.preventDefault();
    event.stopPropagation();
}, { capture: true });
/// What each of them does with the switches.
function showHints() {
    for (const id of ['start-all', 'restart-all', 'stop-all']) byId(id).title = t(`${id.replace('-', '_')}_hint`);
}

// As in every program; but where something is typed, that is taken back.
document.addEventListener('keydown', (event) => {
    const isUndo = event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
    const isTyped = event.target.closest('input:not([type=checkbox]), textarea, dialog') !== null;
    if (isUndo && !isTyped && undoLast()) event.preventDefault();
});
byId('go-live').addEventListener('click', goLive);
byId('end-all').addEventListener('click', () => endAll(byId('end-all')));
byId('start-all').addEventListener('click', () => startAll());
byId('restart-all').addEventListener('click', () => restartAll());
byId('stop-all').addEventListener('click', stopAll);
byId('changes-details').addEventListener('toggle', async () => {
    changesPanel ??= new (await import('./changes.js')).ChangesPanel();
    changesPanel.update();
});
closeOnLeave(byId('more-actions'));
showHints();
byId('add').addEventListener('click', () => openAddForm());
showLanguages();
showEncryption();
showLink('connecting');
events.open();
const first = firstStatus();
if (first !== null) showStatus(first);
setInterval(tick, 1000);
