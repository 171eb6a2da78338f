// A dashboard that only pretends: the contract of docs/api.md over a world in memory. For the page's
// tests and its development:
//
//     node tests/dashboard/mock_server.mjs [PORT]
//
// POST /mock changes the world: {"publishing": bool, "silence": text or null, "up": bool, "events": "drop", "key": text or null,
// "problem": the file that is broken, or null, "destination": {name, ...members}, "backup": {name, state}}. mock_test holds what is told
// against share/openapi.json.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { World, services } from './mock_world.mjs';

const page = new URL('../../lib/dashboard/page/', import.meta.url);
const token = 'mock-0123456789abcdef';
const types = { html: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' };
const headers = {
    'Content-Security-Policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-store',
};
/// What runs a command although it only looks: it takes the token, too.
const commands = ['/api/v1/services', '/api/v1/doctor', '/api/v1/explain'];
const batches = ['/enable', '/disable', '/start', '/stop', '/restart'];
const tick_ms = 100;
const wait_ms = 15000;

class Refusal extends Error {
    constructor(status, code, message, remedy = '', field = undefined) {
        super(message);
        Object.assign(this, { status, code, remedy, field });
    }
}

export class MockServer {
    constructor() {
        this.world = new World();
        this.readers = new Set();
        this.server = createServer((request, response) => this.#serve(request, response));
    }

    /// Resolves to the URL. `port`: 0 for any.
    async listen(port = 0) {
        this.timer = setInterval(() => this.#tick(), tick_ms);
        await new Promise((resolve) => { this.server.listen(port, '127.0.0.1', resolve); });
        this.host = `127.0.0.1:${this.server.address().port}`;
        return `http://${this.host}`;
    }

    close() {
        clearInterval(this.timer);
        this.dropEvents();
        this.server.close();
        this.server.closeAllConnections?.();
    }

    dropEvents() {
        for (const reader of this.readers) reader.response.destroy();
    }

    #tick() {
        this.world.tick();
        const now = Date.now();
        for (const reader of this.readers) this.#tell(reader, now);
    }

    #tell(reader, now) {
        const send = (kind, gap, find) => {
            if (now - (reader.at[kind] ?? 0) < gap) return;
            const text = JSON.stringify(find());
            if (text === reader.last[kind]) return;
            reader.at[kind] = now;
            reader.last[kind] = text;
            reader.response.write(`event: ${kind}\ndata: ${text}\n\n`);
        };
        send('problem', 500, () => ({ error: this.world.problem }));
        send('status', 500, () => this.world.status());
        send('ingest', 1000, () => this.world.ingest());
        send('thumbnail', 3000, () => ({ at: this.world.isPublished ? new Date(now - (now % 3000)).toISOString() : null }));
        if (reader.version !== this.world.configurationVersion) reader.response.write('event: configuration\ndata: {}\n\n');
        reader.version = this.world.configurationVersion;
    }

    async #serve(request, response) {
        try {
            const { pathname, searchParams } = new URL(request.url, 'http://mock');
            this.#admit(request, pathname);
            const body = request.method === 'GET' ? {} : await readBody(request);
            if (await this.#serveFile(pathname, response)) return;
            if (pathname === '/api/v1/events') {
                this.#open(request, response);
                return;
            }
            const answer = await this.#audited(request.method, pathname, () => this.#answer(request.method, pathname, searchParams, body));
            const [type, bytes] = encode(answer.body);
            response.writeHead(answer.status ?? 200, { ...headers, 'Content-Type': type });
            response.end(bytes);
        } catch (error) {
            response.writeHead(error.status ?? 500, { ...headers, 'Content-Type': 'application/json' });
            response.end(JSON.stringify({ error: { code: error.code ?? 'bug', message: error.message, remedy: error.remedy ?? '',
                field: error.field } }));
        }
    }

    #admit({ method, headers: sent }, pathname) {
        if (sent.host !== this.host) throw new Refusal(403, 'foreign_host', 'not a name of this dashboard');
        if (sent.origin !== undefined && sent.origin !== `http://${this.host}`) throw new Refusal(403, 'foreign_origin', 'another page asks');
        const from = sent.referer?.split('/').slice(0, 3).join('/');
        if (from !== undefined && from !== `http://${this.host}`) throw new Refusal(403, 'foreign_origin', 'another page asks');
        if (this.world.isShut) throw new Refusal(403, 'not_owner', 'this dashboard is only for the user who started it', 'open a link');
        if (pathname === '/mock' || (method === 'GET' && !commands.includes(pathname))) return;
        const given = sent['x-restream-token'];
        if (given === undefined) throw new Refusal(403, 'token_missing', 'a change needs the token');
        if (given !== token) throw new Refusal(403, 'token_wrong', 'the token is wrong');
    }

    async #serveFile(pathname, response) {
        const name = pathname === '/' ? 'index.html' : /^\/assets\/([a-z_]+\.(?:css|js|svg))$/.exec(pathname)?.[1];
        if (name === undefined) return false;
        const text = await readFile(new URL(name, page), 'utf8').catch(() => { throw new Refusal(404, 'not_found', `there is no ${name}`); });
        response.writeHead(200, { ...headers, 'Content-Type': types[name.split('.')[1]] });
        response.end(text.replace('@TOKEN@', token).replace('@STATUS@', () => this.#firstStatus()));
        return true;
    }

    #firstStatus() {
        try {
            return JSON.stringify(this.world.status()).replaceAll('<', '\\u003c');
        } catch {
            return 'null';
        }
    }

    #open(request, response) {
        response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream' });
        response.write('retry: 1000\n\n');
        const reader = { response, at: {}, last: {}, version: this.world.configurationVersion };
        this.readers.add(reader);
        request.on('close', () => this.readers.delete(reader));
        response.on('close', () => this.readers.delete(reader));
        this.#tell(reader, Date.now());
    }

    /// As the audit log has it: "enable studio", "change studio".
    async #audited(method, pathname, change) {
        if (method === 'GET' || pathname === '/mock') return change();
        const path = pathname.replace(/^\/api\/v1\//, '').replace('doctor/fix', 'doctor --fix');
        const [, name, rest] = /^destinations\/([^/]+)\/?(.*)$/.exec(path) ?? [];
        const isKnown = this.world.destinations.has(name);
        const verb = rest || { PUT: isKnown ? 'change' : 'add', DELETE: 'remove' }[method];
        const what = name === undefined ? path.replace('/', ' ') : `${verb} ${name}`;
        try {
            const answer = await change();
            this.world.note(what);
            return answer;
        } catch (error) {
            this.world.note(what, error.code ?? 'bug');
            throw error;
        }
    }

    async #answer(method, pathname, query, body) {
        const { world } = this;
        if (pathname === '/mock') return { body: this.#change(body) };
        const path = pathname.replace(/^\/api\/v1/, '');
        const looks = { '/status': () => world.status(), '/ingest': () => world.ingest(), '/destinations': () => world.configured(),
            '/services': () => ({ schema: 1, date: '2026-01-31', services }), '/doctor': () => world.doctor(), '/explain': () => world.explain() };
        if (method === 'GET' && path in looks) return { body: looks[path]() };
        if (method === 'GET' && path === '/audit') return { body: world.audit(Number(query.get('limit') ?? 50)) };
        if (method === 'GET' && path === '/thumbnail') return { body: await this.#thumbnail() };
        if (method === 'POST' && batches.includes(path)) return { body: await this.#forAll(path.slice(1), body.names ?? null) };
        if (method === 'POST' && path === '/doctor/fix') {
            world.moreFindings = world.moreFindings.map((each) => (each.isMended ? { ...each, severity: 'ok' } : each));
            return { body: done(world.doctor()) };
        }
        if (method === 'POST' && path.startsWith('/ingest/')) return { body: await this.#ingest(path.slice('/ingest/'.length)) };
        const [, name, rest = ''] = /^\/destinations\/([^/]+)(\/.*)?$/.exec(path) ?? [];
        if (name !== undefined) return this.#destination(method, decodeURIComponent(name), rest, query, body);
        throw new Refusal(404, 'not_found', `there is no ${pathname}`);
    }

    async #thumbnail() {
        const picture = await readFile(new URL('picture.jpg', import.meta.url));
        if (!this.world.isPublished) throw new Refusal(404, 'not_found', 'there is no picture');
        return picture;
    }

    async #destination(method, name, rest, query, body) {
        const { world } = this;
        if (method === 'PUT' && rest === '') {
            const isNew = !world.destinations.has(name);
            this.#check(name, body);
            const dropped = this.#dropped(name, body);
            if (world.put(name, body) === null) throw new Refusal(400, 'invalid', 'url: is needed', 'give the URL', 'url');
            if (dropped.length > 0) world.destinations.get(name).key = null;
            return { status: isNew ? 201 : 200, body: this.#changed(name, dropped) };
        }
        const one = world.destinations.get(name);
        if (one === undefined) throw new Refusal(404, 'not_found', `there is no destination ${name}`);
        if (method === 'GET' && rest === '/log') return { body: world.log(name, Number(query.get('lines') ?? 200)) };
        if (method === 'PUT' && rest === '/key') {
            world.put(name, { key: body.key });
            return { body: this.#changed(name) };
        }
        if (method === 'DELETE') {
            world.destinations.delete(name);
            world.configurationVersion += 1;
            return { body: done({ name }) };
        }
        if (rest === '/enable') {
            one.wanted = true;
            world.start(one);
            return { body: outcomes([await this.#outcome(one)]) };
        }
        const wasRunning = one.state !== 'stopped';
        if (rest === '/disable' || rest === '/restart') world.stop(one, { isWanted: false });
        if (rest === '/restart') {
            one.wanted = true;
            world.start(one);
            return { body: outcomes([await this.#outcome(one)]) };
        }
        return { body: done({ destinations: [stopped(name, wasRunning)] }) };
    }

    /// What the configuration would not take.
    #check(name, body) {
        const remedy = 'nothing was changed: correct it and try again';
        const text = JSON.stringify(body);
        if (text.includes('invalid.example')) throw new Refusal(400, 'invalid', 'url: the host invalid.example is not one', remedy, 'url');
        if (text.includes('unwritable.example')) throw new Refusal(409, 'refused', 'the disk is full', '\'restream doctor\' finds most causes');
        const { service = '', url = null, key = null } = body;
        const isPlatforms = services.some(({ id }) => id === service) && (url === null || /^rtmps?:\/\/[^/]+\/[^/]+\/?$/.test(url));
        const hasKey = key !== null || this.world.destinations.get(name)?.key;
        if (isPlatforms && !hasKey) throw new Refusal(400, 'invalid', `key is missing: ${service} needs its stream key`, remedy, 'key');
    }

    /// A key goes only to the servers that it was given for.
    #dropped(name, body) {
        const old = this.world.destinations.get(name);
        const hasMoved = ['service', 'url', 'backup_url'].some((member) => typeof body[member] === 'string' && body[member] !== old?.[member]);
        return hasMoved && old?.key && !body.key ? ['key'] : [];
    }

    #changed(name, dropped = []) {
        return { schema: 1, name, is_alive: this.world.destinations.get(name).state !== 'stopped', dropped };
    }

    async #outcome(one) {
        const end = Date.now() + wait_ms;
        while (one.state === 'connecting' && Date.now() < end) await new Promise((resolve) => { setTimeout(resolve, 50); });
        const outcome = { live: 'live', waiting: 'waiting', rejected: 'refused', backoff: 'refused', stopped: 'cancelled' }[one.state] ?? one.state;
        return { name: one.name, outcome, exit_status: outcome === 'refused' ? 5 : 0, reason: one.reason ?? null, next_retry_in_s: null,
            backup: null };
    }

    async #forAll(verb, names) {
        const { world } = this;
        if (verb === 'stop' && world.failedStop !== null) return world.failedStop;
        const ones = [...world.destinations.values()].filter(({ name }) => names === null || names.includes(name));
        if (verb === 'stop' || verb === 'disable') {
            const running = ones.filter((one) => one.state !== 'stopped');
            for (const one of verb === 'stop' ? running : ones) world.stop(one, { isWanted: verb === 'stop' && one.wanted });
            return done({ destinations: running.map(({ name }) => stopped(name, true)) });
        }
        const meant = ones.filter((one) => one.wanted || verb === 'enable');
        for (const one of meant) {
            one.wanted = true;
            if (verb === 'restart') world.stop(one, { isWanted: true });
            if (verb === 'enable' || one.state === 'stopped') world.start(one);
        }
        return outcomes(await Promise.all(meant.map((one) => this.#outcome(one))));
    }

    async #ingest(verb) {
        const { world } = this;
        if (verb === 'reveal-publish-key') return { key: world.publishKey };
        if (!['start', 'stop', 'reload', 'restart'].includes(verb)) throw new Refusal(404, 'not_found', `there is no ${verb}`);
        world.isUp = verb !== 'stop';
        if (verb === 'start' || verb === 'stop') {
            const { config_error, ingest } = world.ingest();
            return done({ config_error, ingest });
        }
        return { ...outcomes([]), messages: [`ingest: ${verb}`] };
    }

    #change({ publishing, silence, up, events, key, problem, destination, backup }) {
        const { world } = this;
        if (silence !== undefined) world.fallSilent(silence);
        if (publishing !== undefined) world.publishing = publishing ? Date.now() : null;
        if (up !== undefined) world.isUp = up;
        if (key !== undefined) world.publishKey = key;
        if (events === 'drop') this.dropEvents();
        if (problem === null) Object.assign(world, { problem: null, configError: null });
        else if (problem !== undefined) world.breakConfiguration({ file: problem, line: 1, column: 1 }, 'no');
        if (destination !== undefined) world.put(destination.name, destination);
        if (backup !== undefined) world.setBackup(backup.name, backup.state);
        return {};
    }
}

/// A command's document, with what the dashboard adds to it.
const done = (document, status = 0) => ({ schema: 1, ...document, exit_status: status, messages: [] });
const stopped = (name, wasRunning) => ({ name, outcome: 'stopped', was_running: wasRunning, reason: null });
const outcomes = (all) => done({ destinations: all }, Math.max(0, ...all.map((each) => each.exit_status)));

function encode(body) {
    if (Buffer.isBuffer(body)) return ['image/jpeg', body];
    if (typeof body === 'string') return ['text/plain; charset=utf-8', body];
    return ['application/json', JSON.stringify(body)];
}

async function readBody(request) {
    let text = '';
    for await (const part of request) text += part;
    try {
        return text === '' ? {} : JSON.parse(text);
    } catch {
        throw new Refusal(400, 'bad_request', 'the body is not JSON');
    }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    console.log(await new MockServer().listen(Number(process.argv[2] ?? 5000)));
}
