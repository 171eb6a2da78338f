// Adding and changing a destination. A key goes one way only: what is stored is never in the form.
import * as api from './api.js';
import { field, openDialog, whileBusy } from './dialogs.js';
import { h, set, show } from './dom.js';
import { find, model, serviceOf } from './model.js';
import notes from './notes_fr.js';
import { notice, tellError } from './notices.js';
import { command } from './commands.js';
import { errorPieces } from './sentences.js';
import { isWished } from './wishes.js';
import { currentLanguage, serverLanguage, t } from './words.js';

const name_pattern = /^[a-z0-9][a-z0-9_-]{0,31}$/;
const url_pattern = /^(rtmps?:\/\/|srt:\/\/|file:)./;
const most_hold_s = 86400;
const default_loss = 'hold';
const default_backup = 'failover';
const backups = ['failover', 'both', 'off'];

/// A name that is not taken: "youtube", "youtube-2".
function freeName(base) {
    for (let i = 1; ; i += 1) {
        const name = i === 1 ? base : `${base}-${i}`;
        if (!isTaken(name)) return name;
    }
}

const isTaken = (name) => model.configured.has(name) || find(name) !== null;
const input = (properties) => h('input', { autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off', ...properties });

/// A URL as the server shows it: what may be a secret is hidden.
const masked = (url) => url.replace(/=[^&]*/g, '=***');

/// Whether the stream key stands in an RTMP URL already, behind the application.
const holdsKey = (url) => url.replace(/^[a-z]+:\/\/[^/]*/, '').replace(/\?.*$/, '').split('/').filter(Boolean).length > 1;

/// A field for a key: what is typed is hidden until it is asked for.
export function keyField(hint) {
    const control = input({ type: 'password', autocomplete: 'new-password', class: 'key' });
    const box = h('input', { type: 'checkbox', on: { change: () => { control.type = box.checked ? 'text' : 'password'; } } });
    return field(t('form_key'), control, hint,
        h('label', { class: 'check' }, box, h('span', { text: t('form_show_key') })));
}

function serviceSelect() {
    const options = model.services.map((each) => h('option', { value: each.id, text: each.name }));
    return h('select', {}, ...options, h('option', { value: '', text: t('form_service_other') }));
}

/// The fields of the form; `before` is what is configured, null for a new one.
class Fields {
    constructor(before, service) {
        this.before = before;
        this.service = field(t('form_service'), serviceSelect());
        this.service.control.value = before?.service ?? service;
        this.name = field(t('form_name'), input({ maxlength: 32 }), t('form_name_hint'));
        this.url = field(t('form_url'), input({ inputmode: 'url' }));
        this.key = keyField(before === null ? t('form_key_hint') : this.#keptKey());
        this.backup = field(t('form_backup'), input({ inputmode: 'url' }), t('form_backup_hint'));
        this.use = field(t('form_use'), h('select', {}, ...backups.map((value) => h('option', { value, text: t(`form_use_${value}`) }))));
        const losses = ['hold', 'slate', 'close'].map((value) => h('option', { value, text: t(`form_loss_${value}`) }));
        this.loss = field(t('form_loss'), h('select', {}, ...losses));
        this.hold = field(t('form_hold'), input({ inputmode: 'numeric', class: 'short' }));
        this.noteText = h('span');
        this.note = h('p', { class: 'hint form-note' }, h('span', { text: `${t('form_note')} ` }), this.noteText);
        this.keyPage = h('a', { target: '_blank', rel: 'noopener noreferrer' });
        this.keyPageLine = h('p', { class: 'hint' }, this.keyPage);
        this.#fill();
        this.service.control.addEventListener('change', () => this.#chooseService());
        this.use.control.addEventListener('change', () => { this.isUseChosen = true; });
        for (const { control } of [this.url, this.backup, this.use]) control.addEventListener('input', () => this.#showUse());
        this.loss.control.addEventListener('change', () => show(this.hold.node, this.loss.control.value !== 'close'));
        this.#chooseService();
    }

    #keptKey() {
        const { key } = this.before;
        // One that was given here stands in a file, too.
        if (['env', 'command'].includes(key)) return t(`form_key_elsewhere_${key}`);
        return key === 'none' ? t('form_key_hint') : t('form_key_kept');
    }

    #fill() {
        const { before } = this;
        this.url.control.value = before !== null && !this.#isPreset(before.url) ? before.url : '';
        this.backup.control.value = before === null || this.#isPresetBackup(before.backup_url) ? '' : before.backup_url ?? '';
        this.loss.control.value = before?.on_ingest_loss ?? default_loss;
        this.hold.control.value = String(before?.hold_s ?? 30);
        show(this.hold.node, this.loss.control.value !== 'close');
    }

    #isPreset(url) {
        const preset = serviceOf(this.before.service)?.url;
        return preset !== undefined && preset !== null && preset === url;
    }

    #isPresetBackup(url) {
        const preset = serviceOf(this.before.service)?.backup_url ?? null;
        return preset !== null && (url === preset || url === masked(preset));
    }

    /// The second server: the user's own, else the one that the platform has beside its first.
    #hasBackup() {
        if (this.backup.control.value.trim() !== '') return true;
        return this.url.control.value.trim() === '' && Boolean(serviceOf(this.service.control.value)?.backup_url);
    }

    /// Asks how a second server is used, where there is one, and says what that costs.
    #showUse() {
        show(this.use.node, this.#hasBackup());
        this.use.setHint(t(`form_use_${this.use.control.value}_hint`));
    }

    /// How it is used where nobody says it: as the platform wants.
    #usualUse() {
        return serviceOf(this.service.control.value)?.backup ?? default_backup;
    }

    /// As the server decides it: what a platform is sent has a key.
    #needsKey() {
        const chosen = serviceOf(this.service.control.value);
        if (chosen === null || !['none', undefined].includes(this.before?.key)) return false;
        const url = this.url.control.value.trim() || (chosen.url ?? '');
        return url.startsWith('rtmp') && !holdsKey(url);
    }

    /// Where the user begins to type: what is chosen or filled in already needs nobody.
    first() {
        const isUrlNeeded = this.url.control.value === '' && !serviceOf(this.service.control.value)?.url;
        return (isUrlNeeded ? this.url : this.key).control;
    }

    #chooseService() {
        const chosen = serviceOf(this.service.control.value);
        const preset = chosen?.url ?? null;
        set(this.url.control, 'placeholder', preset ?? 'rtmps://live.example.org/app');
        this.url.setHint(this.#urlHint(chosen, preset));
        const note = chosen?.note ?? '';
        const french = currentLanguage() === 'fr' ? notes[note] : undefined;
        this.noteText.textContent = french ?? note.replaceAll('--url', 'URL');
        set(this.noteText, 'lang', french === undefined ? serverLanguage() : null);
        show(this.note, this.noteText.textContent !== '');
        const page = chosen?.key_page ?? '';
        show(this.keyPageLine, page.startsWith('https://'));
        if (page.startsWith('https://')) set(this.keyPage, 'href', page);
        this.keyPage.textContent = t('form_key_page', { platform: chosen?.name ?? '' });
        const lifetime = chosen?.key_lifetime ?? 'forever';
        if (this.before === null) {
            this.key.setHint(`${t('form_key_hint')}${lifetime === 'forever' ? '' : ` ${t(`form_key_${lifetime}`)}`}`);
        }
        if (this.before === null && !this.isNamed) {
            this.name.control.value = freeName(chosen?.id ?? 'live');
        }
        set(this.backup.control, 'placeholder', chosen?.backup_url ?? null);
        if (!this.isUseChosen) this.use.control.value = this.before?.backup ?? this.#usualUse();
        this.key.fail('');
        this.#showUse();
    }

    #urlHint(chosen, preset) {
        if (this.url.control.value.includes('***')) return t('form_url_masked');
        if (chosen === null) return t('form_url_hint');
        return t(preset === null ? 'form_url_needed' : 'form_url_preset');
    }

    /// The fields in their order. What is seldom needed is folded away.
    nodes() {
        const more = h('details', { on: { toggle: () => { if (more.open) this.loss.node.scrollIntoView({ block: 'nearest' }); } } },
            h('summary', { text: t('form_more') }), this.backup.node, this.loss.node, this.hold.node);
        return [this.service.node, this.before === null ? this.name.node : null, this.url.node, this.note, this.key.node,
            this.keyPageLine, this.use.node, more].filter((node) => node !== null);
    }

    /// Whether all is well; else each field says what is wrong, and the first one has the focus.
    check() {
        const name = this.name.control.value;
        const url = this.url.control.value.trim();
        const hasPreset = Boolean(serviceOf(this.service.control.value)?.url);
        const hold = Number(this.hold.control.value.trim().replace(',', '.'));
        const isHoldGood = hold >= 0 && hold <= most_hold_s;
        if (this.before === null) {
            const taken = isTaken(name) ? t('form_name_taken') : '';
            this.name.fail(name_pattern.test(name) ? taken : t('form_name_bad'));
        }
        const isUrlGood = url === '' ? hasPreset : url_pattern.test(url) || url === this.before?.url;
        this.url.fail(isUrlGood ? '' : t('form_url_bad'));
        const isKeyMissing = this.key.control.value.trim() === '' && this.#needsKey();
        this.key.fail(isKeyMissing ? t('form_key_needed', { platform: serviceOf(this.service.control.value)?.name }) : '');
        this.hold.fail(isHoldGood || this.hold.node.hidden ? '' : t('form_hold_bad'));
        const bad = [this.name, this.url, this.key, this.hold].find(({ control }) => control.hasAttribute('aria-invalid'));
        if (bad !== undefined) this.#bring(bad);
        return bad === undefined;
    }

    #bring({ control }) {
        const folded = control.closest('details');
        if (folded) folded.open = true;
        control.focus();
        // What is wrong with it, too.
        control.closest('.field').scrollIntoView({ block: 'nearest' });
    }

    /// Says beside its field what the server refused; false where it named none of them.
    tell(error) {
        const fields = { service: this.service, url: this.url, key: this.key, backup_url: this.backup, backup: this.use,
            on_ingest_loss: this.loss, hold_s: this.hold };
        const wrong = Object.hasOwn(fields, error.field ?? '') ? fields[error.field] : null;
        if (wrong === null || wrong.node.hidden) return false;
        wrong.fail(errorPieces(error).message);
        this.#bring(wrong);
        return true;
    }

    /// What differs from before: the body of the PUT. null takes a member away.
    changes() {
        const value = ({ control }) => control.value.trim();
        const hold = Number(value(this.hold).replace(',', '.'));
        const after = { service: value(this.service) || null, url: value(this.url) || null,
            backup_url: value(this.backup) || null, backup: this.#hasBackup() ? value(this.use) : null,
            on_ingest_loss: value(this.loss), hold_s: hold };
        const { before } = this;
        const old = before === null ?
            { service: null, url: null, backup_url: null, backup: this.#hasBackup() ? this.#usualUse() : null,
                on_ingest_loss: default_loss, hold_s: 30 } :
            { service: before.service || null, url: this.#isPreset(before.url) ? null : before.url,
                backup_url: this.#isPresetBackup(before.backup_url) ? null : before.backup_url, backup: before.backup,
                on_ingest_loss: before.on_ingest_loss, hold_s: before.hold_s };
        const members = Object.fromEntries(Object.entries(after).filter(([name, now]) => now !== old[name]));
        if (this.hold.node.hidden) delete members.hold_s;
        const key = this.key.control.value.trim();
        if (key !== '') members.key = key;
        return members;
    }
}

/// What to say after a change of one that may be live with its old settings.
export function tellSaved(name, isAlive, words) {
    if (!isAlive) {
        notice({ about: name, message: t(words, { name }) });
        return;
    }
    // The next session has the new ones.
    const session = () => find(name)?.session?.started;
    const old = session();
    notice({ about: name, message: t(`${words}_alive`, { name }), holds: () => find(name)?.pid !== null && session() === old,
        action: { word: t('restart'), run: () => command('restart', name) } });
}

/// `save` sends the fields, and gives what is to be said when the form is gone.
function openForm(before, service, title, word, save) {
    const fields = new Fields(before, service);
    fields.name.control.addEventListener('input', () => { fields.isNamed = true; });
    const button = h('button', { type: 'submit', class: 'primary', text: word });
    const cancel = h('button', { type: 'button', text: t('cancel'), on: { click: () => dialog.close() } });
    const submit = async () => {
        if (!fields.check()) return;
        try {
            const tell = await whileBusy(button, t('form_saving'), () => save(fields));
            dialog.close();
            tell();
        } catch (error) {
            if (!fields.tell(error)) tellError(error, t('error_save'));
        }
    };
    const dialog = openDialog({ title, body: fields.nodes(), actions: [cancel, button], submit });
    fields.first().focus();
}

/// `service`: the platform that is chosen already; "" for a URL of the user's own.
export function openAddForm(service = 'twitch') {
    const known = serviceOf(service) !== null || service === '' ? service : model.services[0]?.id ?? '';
    openForm(null, known, t('form_add_title'), t('form_add'), async (fields) => {
        const name = fields.name.control.value;
        await api.putDestination(name, fields.changes());
        return () => notice({ about: name, message: t('added', { name }), holds: () => find(name) !== null && !isWished(find(name)) });
    });
}

/// What is configured; asked for where it is too new to be known. **Throws** ApiError.
async function findConfigured(name) {
    return model.configured.get(name) ?? (await api.destinations()).destinations.find((each) => each.name === name);
}

export async function openEditForm(name) {
    let before;
    try {
        before = await findConfigured(name);
    } catch (error) {
        tellError(error, t('error_load'));
        return;
    }
    if (before === undefined || !before.is_editable) {
        openDialog({ title: t('form_edit_title', { name }), kind: 'dialog-small',
            body: [h('p', { text: t('form_read_only', { name }) }), h('p', { class: 'mono', text: before?.url ?? '' })] });
        return;
    }
    openForm(before, '', t('form_edit_title', { name }), t('form_save'), async (fields) => {
        const members = fields.changes();
        if (Object.keys(members).length === 0) return () => {};
        const { is_alive: isAlive, dropped } = await api.putDestination(name, members);
        model.configured.delete(name); // Whoever edits it again before the next event sees what is saved.
        return () => tellSaved(name, isAlive, dropped.length === 0 ? 'saved' : 'saved_dropped');
    });
}
