// What the tests run against: the mock, or, where DASHBOARD_URL names one, a real dashboard. A real one
// must be given with an ingest that is live and no destinations, by these variables:
//
//     DASHBOARD_GOOD_URL      an rtmp:// URL that takes any key, and many at once
//     DASHBOARD_REFUSING_URL  one that refuses the key "bad-key", and takes "good-key"
//     DASHBOARD_NOBODY_URL    one where nobody listens
//     DASHBOARD_SILENT_URL    one where somebody listens, and never says anything
//     DASHBOARD_BIN           the folder of the commands
//     DASHBOARD_AWAY          a file: as long as it is there, nobody publishes; if it holds "hangs", the publisher sends nothing
//     RESTREAM_CONFIG_DIR, RESTREAM_STATE_DIR
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MockServer } from './mock_server.mjs';

const { env } = process;
export const isMock = env.DASHBOARD_URL === undefined;
export const goodUrl = env.DASHBOARD_GOOD_URL ?? 'rtmp://live.example.org/app';
export const refusingUrl = env.DASHBOARD_REFUSING_URL ?? 'rtmp://refusing.example.org/app';
/// Nothing ever comes of it.
export const nobodyUrl = env.DASHBOARD_NOBODY_URL ?? 'rtmp://unreachable.example.org/live';
/// The same, and each try takes a while.
export const silentUrl = env.DASHBOARD_SILENT_URL ?? nobodyUrl;
const changed_answer_ms = 20000;

/// Waits until it is so.
export async function eventually(what, check, longest_ms = changed_answer_ms) {
    const end = Date.now() + longest_ms;
    while (!await check()) {
        assert.ok(Date.now() < end, `waited too long: ${what}`);
        await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
}

/// What the mock can be made to do by writing into its memory.
class MockWorld {
    async start() {
        this.server = new MockServer();
        this.url = await this.server.listen();
        this.world = this.server.world;
    }

    end() { this.server.close(); }

    reset() {
        Object.assign(this.world, { isUp: true, publishing: Date.now() - 4000, trouble: null, problem: null, configError: null, publishKey: null,
            silence: null, moreFindings: [], refusals: [], cutOffs: [], failedStop: null, incidents: [], changes: [], isShut: false });
    }

    /// As new tokens do: whoever was let in is out.
    shut() {
        this.world.isShut = true;
        this.server.dropEvents();
    }

    leave() { this.world.publishing = null; }
    hang() { this.world.fallSilent('everything'); }
    goOn() { this.world.fallSilent(null); }
    come() { this.world.publishing = Date.now(); }
    endIngest() { this.world.isUp = false; }
    setPublishKey(key) { this.world.publishKey = key; }

    breakConfiguration(field) {
        this.world.breakConfiguration({ file: '/home/anna/.config/restream/restream.toml', line: 2, column: 1 }, `unknown field "${field}" in [ingest]`);
    }

    /// As if only restream.toml had it.
    addReadOnly(name, url) { this.world.put(name, { url, key: 'x', is_editable: false }); }

    async addWithBackup(name, { isPrimaryGood }) {
        this.world.put(name, { url: isPrimaryGood ? goodUrl : nobodyUrl, key: 'x' });
        this.world.setBackup(name, isPrimaryGood ? 'waiting' : 'live');
    }

    /// Whether it is live, without asking the dashboard.
    isLive(name) { return this.world.destinations.get(name)?.state === 'live'; }
}

/// What a user does to a real one.
class RealWorld {
    async start() {
        this.url = env.DASHBOARD_URL.replace(/\/$/, '');
        this.file = join(env.RESTREAM_CONFIG_DIR, 'restream.toml');
        this.configuration = readFileSync(this.file, 'utf8');
    }

    async end() {
        if (this.dashboard === undefined) return;
        const ended = new Promise((resolve) => { this.dashboard.on('exit', resolve); });
        this.dashboard.kill();
        await ended;
    }

    async reset() {
        this.come();
        for (const { name, is_editable: isEditable } of await this.#configured()) {
            if (!isEditable) await change(this.url, 'POST', `/destinations/${name}/disable`);
        }
        this.#configure(this.configuration);
        await change(this.url, 'POST', '/ingest/start');
        await eventually('the ingest is live again', async () => (await look(this.url, '/status')).ingest.state === 'live');
    }

    /// It is not told where the configuration is broken.
    async #configured() {
        return this.isBroken ? [] : (await look(this.url, '/destinations')).destinations;
    }

    /// By rename: nobody may read half of it.
    #configure(text) {
        this.isBroken = false;
        writeFileSync(`${this.file}.new`, text, { mode: 0o600 });
        renameSync(`${this.file}.new`, this.file);
    }

    leave() { writeFileSync(env.DASHBOARD_AWAY, ''); }
    hang() { writeFileSync(env.DASHBOARD_AWAY, 'hangs'); }
    goOn() { this.come(); }
    come() { rmSync(env.DASHBOARD_AWAY, { force: true }); }
    endIngest() { return this.run('ingest', 'stop'); }
    setPublishKey(key) { this.#configure(this.configuration.replace('[ingest]\n', `[ingest]\npublish_key = "${key}"\n`)); }

    breakConfiguration(field) {
        this.#configure(this.configuration.replace('[ingest]\n', `[ingest]\n"${field}" = 1\n`));
        this.isBroken = true;
    }

    addReadOnly(name, url) { this.#configure(`${this.configuration}\n[destination.${name}]\nurl = "${url}"\nkey = "x"\n`); }

    async addWithBackup(name, { isPrimaryGood }) {
        await change(this.url, 'PUT', `/destinations/${name}`,
            { url: isPrimaryGood ? goodUrl : nobodyUrl, backup_url: `${goodUrl}?backup=1`, backup: 'failover', key: `good-key-${name}` });
    }

    isLive(name) {
        try {
            return JSON.parse(readFileSync(join(env.RESTREAM_STATE_DIR, 'run', 'relays', `${name}.json`), 'utf8')).state === 'live';
        } catch {
            return false;
        }
    }

    run(...words) {
        return promisify(execFile)(join(env.DASHBOARD_BIN, 'restream'), words, { timeout: 40000 });
    }

    /// Ends the dashboard as a crash does.
    killDashboard() {
        const { pid } = JSON.parse(readFileSync(join(env.RESTREAM_STATE_DIR, 'run', 'dashboard.json'), 'utf8')).process;
        process.kill(pid, 'SIGKILL');
    }

    startDashboard() {
        this.dashboard = spawn(join(env.DASHBOARD_BIN, 'restream'), ['dashboard', '--listen', new URL(this.url).host],
            { stdio: ['ignore', 'ignore', 'inherit'] });
    }
}

export const world = isMock ? new MockWorld() : new RealWorld();

/// A change as a script makes it, with the token that stands in the page.
export async function change(url, method, path, body = {}) {
    const answer = await ask(url, method, `/api/v1${path}`, body, { 'X-Restream-Token': await tokenOf(url) });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
}

export const look = async (url, path) =>
    JSON.parse((await ask(url, 'GET', `/api/v1${path}`, null, { 'X-Restream-Token': await tokenOf(url) })).text);

const tokenOf = async (url) => /name="restream-token" content="([^"]+)"/.exec((await ask(url, 'GET', '/')).text)[1];

/// Takes away all that an earlier test has left.
export async function removeAll() {
    const { url } = world;
    await world.reset();
    for (const { name } of (await look(url, '/destinations')).destinations) await change(url, 'DELETE', `/destinations/${name}`);
}

function ask(url, method, path, body = null, headers = {}) {
    return new Promise((resolve, reject) => {
        const text = body === null ? '' : JSON.stringify(body);
        const asked = request(url + path, { method, headers: { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text),
            ...headers } }, (answer) => {
            let got = '';
            answer.setEncoding('utf8').on('data', (part) => { got += part; }).on('end', () => resolve({ status: answer.statusCode, text: got }));
        });
        asked.on('error', reject);
        asked.end(text);
    });
}
