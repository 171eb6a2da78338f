// What the mock dashboard tells of: destinations that go through their states, in memory.
//
// A stream key that holds "bad" is refused; a URL that holds "unreachable" times out.

const connect_ms = 400;
const confirm_ms = 3000;
const retry_s = 8;

const iso = (ms = Date.now()) => new Date(ms).toISOString();

export const services = [
    { id: 'twitch', name: 'Twitch', url: 'rtmps://ingest.global-contribute.live-video.net:443/app', backup_url: null, backup: null, keyframe_interval_s: 2, max_video_kbps: 6000,
        max_audio_kbps: 320, codecs: ['h264'], key_lifetime: 'forever', late_refusal_ms: 4000,
        key_page: 'https://dashboard.twitch.tv/settings/stream', note: 'unencrypted, where TLS is blocked: --url rtmp://live.twitch.tv/app' },
    { id: 'youtube', name: 'YouTube', url: 'rtmps://a.rtmps.youtube.com:443/live2',
        backup_url: 'rtmps://b.rtmps.youtube.com:443/live2?backup=1', backup: 'failover', keyframe_interval_s: 2,
        max_video_kbps: 51000, max_audio_kbps: 160, codecs: ['h264', 'hevc', 'av1'], key_lifetime: 'forever', late_refusal_ms: 0,
        key_page: 'https://www.youtube.com/live_dashboard', note: null },
    { id: 'facebook', name: 'Facebook Live', url: 'rtmps://rtmp-api.facebook.com:443/rtmp/', backup_url: null, backup: null,
        keyframe_interval_s: 2, max_video_kbps: 9000, max_audio_kbps: 128, codecs: ['h264'], key_lifetime: 'broadcast',
        late_refusal_ms: 0, key_page: 'https://www.facebook.com/live/producer',
        note: 'RTMPS only; needs audio; no change of picture size while live; ends after 8 h' },
    { id: 'kick', name: 'Kick', url: 'rtmps://fa723fc1b171.global-contribute.live-video.net:443/app', backup_url: null, backup: null,
        keyframe_interval_s: 2, max_video_kbps: 8000, max_audio_kbps: null, codecs: ['h264'], key_lifetime: 'forever',
        late_refusal_ms: 0, key_page: 'https://kick.com/dashboard/settings/stream', note: null },
    { id: 'rumble', name: 'Rumble', url: null, backup_url: null, backup: null, keyframe_interval_s: 2, max_video_kbps: 10000, max_audio_kbps: null,
        codecs: ['h264'], key_lifetime: 'forever', late_refusal_ms: 0, key_page: null, note: 'URL and key are shown per account' },
];

const reasons = {
    publish_refused: (name) => ({ code: 'publish_refused', message: 'the server refused the stream key (NetStream.Publish.BadName)',
        remedy: `copy a fresh key and run 'restream key ${name}'` }),
    connect_timed_out: () => ({ code: 'connect_timed_out', message: 'the server did not answer in time',
        remedy: 'check the URL\'s host and port, and firewalls between' }),
    no_publisher: () => ({ code: 'no_publisher', message: 'nobody publishes to the ingest',
        remedy: 'start streaming in OBS; \'restream probe\' shows what arrives' }),
    ingest_silent: () => ({ code: 'ingest_silent', message: 'the ingest is silent',
        remedy: 'check the encoder: it hangs, or its network is interrupted' }),
    ingest_down: () => ({ code: 'ingest_down', message: 'nothing answers at the ingest\'s address',
        remedy: 'start the ingest server (\'restream ingest start\'), or check [ingest] url in restream.toml' }),
    not_started: () => ({ code: 'not_started_yet', message: 'wanted, not started', remedy: 'run \'restream start\'' }),
    standby: () => ({ code: 'standby', message: 'stands by', remedy: '' }),
};

export class World {
    constructor() {
        this.isUp = true;
        this.publishing = Date.now() - 4000;
        this.silence = null;
        this.publishKey = 'in-4711-secret';
        this.trouble = null;
        this.problem = null;
        this.configError = null;
        this.moreFindings = [];
        this.refusals = [];
        this.cutOffs = [];
        this.failedStop = null;
        this.incidents = [];
        /// Of the audit log, the newest last.
        this.changes = [];
        /// Nobody is let in any more.
        this.isShut = false;
        this.destinations = new Map();
        this.configurationVersion = 0;
    }

    get isPublished() { return this.isUp && this.publishing !== null; }
    get isSilent() { return this.isPublished && this.silence !== null; }

    /// `missing`: "everything" or "picture"; null: it sends again.
    fallSilent(missing) { this.silence = missing === null ? null : { missing, since: iso() }; }

    put(name, members) {
        const old = this.destinations.get(name);
        const service = members.service === undefined ? old?.service ?? '' : members.service ?? '';
        const preset = services.find((each) => each.id === service);
        const url = members.url === undefined ? old?.url ?? preset?.url : members.url ?? preset?.url;
        if (url === undefined || url === null) return null;
        const next = old ?? { name, wanted: false, down: false, state: 'stopped', changed: Date.now(), kbps: 6000, is_editable: true,
            reconnects: 0, backup_url: null, on_ingest_loss: 'hold', hold_s: 30, key: null };
        const { service: _, url: __, ...rest } = members;
        Object.assign(next, rest, { service, url });
        this.destinations.set(name, next);
        this.configurationVersion += 1;
        return next;
    }

    /// A second server, whose relay carries or stands by, and stays so.
    setBackup(name, state) {
        const one = this.destinations.get(name);
        Object.assign(one, { backup_url: 'rtmp://b.example.org/live', backup: 'failover' });
        one.backupRelay = { mode: 'failover', url: one.backup_url, state, confirmed: true,
            reason: state === 'waiting' ? reasons.standby() : null, since: iso(), pid: 4246, worker_pid: 4247, worker_restarts: 0,
            session: null, reconnects: 0, attempts: 0, next_retry_in_s: null, restart_pending: false };
    }

    /// `place`: {file, line, column}.
    breakConfiguration(place, words) {
        const message = `${place.file}:${place.line}:${place.column}: ${words}`;
        this.problem = { code: 'config', message, remedy: 'mend the file' };
        this.configError = { message, words, ...place };
    }

    #become(one, state, reason = null) {
        one.state = state;
        // A failure is shown until the destination is live.
        if (state === 'backoff' || state === 'rejected') one.failure = reason;
        if (['live', 'holding', 'stopped'].includes(state)) Object.assign(one, { failure: null, attempts: 0 });
        if (state === 'connecting') one.attempts = (one.attempts ?? 0) + 1;
        if (state === 'stopped' || state === 'connecting') one.restartPending = false;
        one.reason = reason;
        one.since = Date.now();
        one.retryAt = state === 'backoff' ? Date.now() + retry_s * 1000 : null;
        if (state === 'live') Object.assign(one, { started: Date.now(), bytes: 0, dropped: 0 });
        else if (state !== 'holding') one.started = null;
    }

    start(one) {
        one.down = false;
        if (one.state === 'live' || one.state === 'holding') return;
        this.#become(one, this.isPublished ? 'connecting' : 'waiting',
            this.isPublished ? null : reasons[this.isUp ? 'no_publisher' : 'ingest_down']());
    }

    stop(one, { isWanted }) {
        one.wanted = isWanted;
        one.down = isWanted;
        this.#become(one, 'stopped');
    }

    /// Moves on everything whose time has come.
    tick() {
        for (const one of this.destinations.values()) {
            const age = Date.now() - (one.since ?? 0);
            if (one.state === 'connecting' && age > connect_ms) this.#end(one);
            if (one.state === 'backoff' && Date.now() > one.retryAt) this.start(one);
            if (one.state === 'waiting' && this.isPublished) this.#become(one, 'connecting');
            if (one.state === 'holding' && this.isPublished && !this.isSilent) this.#become(one, 'live');
            if (one.state === 'live' && this.isSilent) this.#become(one, 'holding', reasons.ingest_silent());
            if ((one.state === 'live') && !this.isPublished) this.#become(one, 'holding', reasons.no_publisher());
            if (one.state === 'live') {
                one.shown = Math.round(one.kbps * (0.94 + 0.12 * Math.random()));
                one.bytes += one.shown * 30;
            }
        }
    }

    #end(one) {
        if (one.key?.includes('bad')) this.#become(one, 'rejected', reasons.publish_refused(one.name));
        else if (one.url.includes('unreachable')) {
            one.reconnects += 1;
            this.#become(one, 'backoff', reasons.connect_timed_out());
        } else this.#become(one, 'live');
    }

    #media() {
        if (!this.isPublished) return { video: null, audio: null };
        return { video: { codec: 'h264', profile: 'High', width: 1920, height: 1080, fps: 59.94, bitrate_kbps: 6000,
            keyframe_interval_s: 2, b_frames: true },
        audio: { codec: 'aac', profile: 'LC', sample_rate_hz: 48000, channels: 2, bitrate_kbps: 160 } };
    }

    #ingestState() {
        if (!this.isUp) return 'down';
        if (this.isSilent) return 'silent';
        return this.isPublished ? 'live' : 'no_publisher';
    }

    #silence() { return this.isSilent ? this.silence : null; }

    #destination(one) {
        const isFlowing = one.started !== null && one.started !== undefined;
        return { name: one.name, service: one.service, url: one.url, wanted: one.wanted, down: one.down, state: one.state,
            confirmed: one.state === 'live' && Date.now() - one.since > confirm_ms, reason: one.reason ?? one.failure ?? (one.wanted && !one.down && one.state === 'stopped' ? reasons.not_started() : null),
            since: one.state === 'stopped' ? null : iso(one.since), pid: one.state === 'stopped' ? null : 4244,
            worker_pid: one.state === 'stopped' ? null : 4245, worker_restarts: 0,
            session: isFlowing ? { started: iso(one.started), bytes_sent: one.bytes, bitrate_kbps: one.shown ?? 0, video_messages: 0,
                audio_messages: 0, dropped_messages: one.dropped, queue_ms: 12, rtt_ms: 21.4 } : null,
            reconnects: one.reconnects, attempts: one.attempts ?? 0, restart_pending: one.restartPending ?? false, backup: one.backupRelay ?? null,
            next_retry_in_s: one.state === 'connecting' && one.failure ? 0 : one.retryAt ? Math.max(0, Math.round((one.retryAt - Date.now()) / 100) / 10) : null };
    }

    status() {
        return { schema: 1, config_error: this.configError, ingest: { server: 'embedded', url: 'rtmp://127.0.0.1:1935/live', state: this.#ingestState(),
            pid: this.isUp ? 4242 : null, worker_pid: this.isUp ? 4243 : null, ...this.#media(), silence: this.#silence(), trouble: this.trouble, on_air: null,
            on_air_since: null },
        destinations: [...this.destinations.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map((one) => this.#destination(one)) };
    }

    ingest() {
        const isPublished = this.isPublished;
        const players = [...this.destinations.values()].filter((one) => one.state !== 'stopped').length;
        return { schema: 1, config_error: this.configError, ingest: { server: 'embedded', running: this.isUp ? 'embedded' : null, url: 'rtmp://127.0.0.1:1935/live',
            state: this.#ingestState(), pid: null, worker_pid: null, restarts: 0, problem: null,
            silence: this.#silence(), trouble: this.trouble === null ? null : { ...this.trouble, cause: '' }, players: isPublished ? players : null,
            ...this.#media(), on_air: null,
            publisher: isPublished ? { address: '192.168.1.7', software: 'FMLE/3.0 (compatible; FMSc/1.0)', since: iso(this.publishing) } : null,
            bitrate_kbps: isPublished ? Math.round(6160 * (0.95 + 0.1 * Math.random())) : undefined, refusals: this.refusals,
            cut_offs: this.cutOffs, cut_off_count: this.cutOffs.length, silent_visits: 0 },
        obs: { server: 'rtmp://127.0.0.1:1935/live', has_key: this.publishKey !== null } };
    }

    /// Its own second server, or its platform's, as it is shown.
    #backupUrl(one) {
        const preset = services.find((each) => each.id === one.service);
        return one.backup_url ?? (preset?.url === one.url ? preset.backup_url?.replace(/=.*/, '=***') ?? null : null);
    }

    configured() {
        return { schema: 1, destinations: [...this.destinations.values()].map((one) => ({ name: one.name, service: one.service,
            url: one.url, backup_url: this.#backupUrl(one), backup: this.#backupUrl(one) === null ? null : one.backup ?? 'failover',
            key: one.key === null ? 'none' : 'file', on_ingest_loss: one.on_ingest_loss, file_mode: one.file_mode ?? null, hold_s: one.hold_s, is_editable: one.is_editable, file: `destinations.d/${one.name}.toml` })) };
    }

    doctor() {
        const state = '/home/anna/.local/state/restream';
        const version = '5.1.9-0+deb12u1';
        const findings = [{ severity: 'ok', area: 'config', code: 'config_valid', message: `valid, ${this.destinations.size} destinations`,
            values: { count: this.destinations.size } },
        { severity: 'ok', area: 'state', code: 'state_writable', message: `${state} is writable`, values: { path: state } },
        { severity: 'ok', area: 'system', code: 'ffmpeg_complete', message: `FFmpeg ${version}`, values: { version } }, ...this.moreFindings];
        if (this.isSilent) {
            findings.unshift({ severity: 'failure', area: 'ingest', code: 'ingest_silent',
                message: 'the ingest is silent: a publisher is connected and sends nothing',
                cause: 'its encoder hangs, or its network is interrupted',
                remedy: 'look at the encoder: restart it if it hangs, and check its network', values: {} });
        }
        for (const one of this.destinations.values()) {
            if (!one.url.includes('unreachable')) continue;
            const problem = 'Name or service not known';
            findings.unshift({ severity: 'warning', area: 'destinations', code: 'name_not_found',
                message: `${one.name}: no address for unreachable.example.org`, cause: problem,
                remedy: 'check the URL\'s host and this machine\'s DNS',
                values: { relay: one.name, destination: one.name, host: 'unreachable.example.org', problem } });
        }
        if (!this.isUp) {
            findings.unshift({ severity: 'failure', area: 'ingest', code: 'ingest_down', message: 'the ingest server is down',
                remedy: 'run \'restream ingest start\'', action: { command: 'ingest start', names: [] } });
        }
        const count = (severity) => findings.filter((each) => each.severity === severity).length;
        return { schema: 1, failures: count('failure'), warnings: count('warning'),
            findings: findings.map(({ isMended = false, ...each }) => ({ cause: '', remedy: '', values: {}, ...each, can_be_mended: isMended,
                action: each.severity === 'ok' ? null : each.action ?? null })) };
    }

    /// As of a destination whose server closed, and of an ingest that went.
    explain() {
        const ago = (s) => iso(Date.now() - s * 1000);
        const incident = (begin, end, affected, words, remedy) => ({ begin: ago(begin), end: end === null ? null : ago(end), duration_s: begin - (end ?? 0),
            culprit: 'destination', rule: 'one_failed', affected, steady: [], words, needs: null, remedy, figures: [] });
        return { schema: 1, config_error: this.configError, since: ago(3600), now: iso(), relays: [], incidents: this.incidents.map((each) => incident(...each)) };
    }

    note(what, result = 'ok') {
        this.changes.push({ at: iso(), way: 'token', uid: 1000, user: 'anna', address: '127.0.0.1', what, result });
    }

    audit(limit) {
        return { schema: 1, changes: limit === 0 ? [] : this.changes.slice(-limit) };
    }

    log(name, lines) {
        const at = Date.now() - 100000;
        return Array.from({ length: Math.min(lines, 260) }, (_, i) => `${iso(at + i * 400)} ${name}: ` +
            (i % 9 === 0 ? 'the round trip is 21 ms, nothing waits, nothing was dropped' : 'live, 6012 kbit/s')).join('\n') + '\n';
    }
}
