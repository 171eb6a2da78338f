#!/usr/bin/env node
// How soon the dashboard's page can be used: from the start of the command until the first destination's switch can
// be clicked, in a chromium that is open already; and what an open page costs the browser.
//
//     tests/scripts/with-browser build/release bench/page_ready.mjs [BIN] [SECONDS]
//
// Exit status: 0 the page can be used within 300 ms, 1 not so, 5 could not be measured.
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { launch } from '../tests/dashboard/browser.mjs';

const [bin = join(fileURLToPath(import.meta.url), '../../build/release/bin'), seconds = '20'] = process.argv.slice(2);
const wanted_ms = 300;
const starts = 10;
const destinations = 20;
const deadline_ms = 30000;
/// As proc(5) counts processor time.
const ticks_per_s = 100;

const home = mkdtempSync(join(tmpdir(), 'restream-page-'));
const env = { ...process.env, HOME: home, RESTREAM_CONFIG_DIR: join(home, 'config'), RESTREAM_STATE_DIR: join(home, 'state') };
const restream = (...words) => promisify(execFile)(join(resolve(bin), 'restream'), words, { env, timeout: 60000 });
const children = new Set();

function freePort() {
    return new Promise((done) => {
        const server = createServer().listen(0, '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => done(port));
        });
    });
}

function start(program, words, stdio) {
    const child = spawn(program, words, { env, stdio });
    children.add(child);
    child.on('exit', () => children.delete(child));
    return child;
}

async function end(child, signal = 'SIGTERM') {
    const ended = new Promise((done) => { child.on('exit', done); });
    if (child.exitCode === null && child.kill(signal)) await ended;
}

/// An ingest that is live, and twenty destinations that bench_flow takes (bench/flow.cpp).
async function configure() {
    const [ingest, platform] = [await freePort(), await freePort()];
    const folder = join(home, 'config', 'destinations.d');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const address = `127.0.0.1:${ingest}`;
    writeFileSync(join(home, 'config', 'restream.toml'), `[ingest]\nlisten = "${address}"\nurl = "rtmp://${address}/live"\n`, { mode: 0o600 });
    for (let i = 0; i < destinations; ++i) {
        writeFileSync(join(folder, `place${i}.toml`), `url = "rtmp://127.0.0.1:${platform}/live"\nkey = "k${i}"\n`, { mode: 0o600 });
    }
    const clip = join(home, 'clip.flv');
    const picture = ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30', '-f', 'lavfi', '-i', 'sine=sample_rate=48000', '-c:v',
        'libx264', '-preset', 'ultrafast', '-g', '30', '-c:a', 'aac'];
    await promisify(execFile)('ffmpeg', [...picture, '-t', '4', clip]);
    const flow = start(join(resolve(bin), 'bench_flow'), [clip, String(platform)], ['pipe', 'pipe', 'inherit']);
    await new Promise((done, fail) => {
        flow.on('error', fail);
        flow.stdout.once('data', done);
    });
    flow.stdout.resume();
    await restream('ingest', 'start');
    start('ffmpeg', ['-re', '-stream_loop', '-1', '-v', 'error', '-i', clip, '-c', 'copy', '-f', 'flv', `rtmp://${address}/live`],
        ['ignore', 'ignore', 'inherit']);
    await restream('enable', '--all', '--wait-live', '--timeout', '30s');
}

/// Resolves to the URL, as soon as the dashboard tells it.
function startDashboard(port) {
    const child = start(join(resolve(bin), 'restream'), ['dashboard', '--listen', `127.0.0.1:${port}`], ['ignore', 'pipe', 'inherit']);
    const url = new Promise((done, fail) => {
        let text = '';
        child.stdout.on('data', (part) => {
            text += part;
            const found = /^dashboard: (http:\/\/\S+)$/m.exec(text);
            if (found !== null) done(found[1]);
        });
        child.on('exit', () => fail(new Error('the dashboard has ended')));
    });
    url.catch(() => {});
    return { child, url };
}

/// `steps`: milliseconds from the start of the command until it told its URL, the browser asked for the page, had read
/// it, had all its modules, and its first switch could be used.
async function measure(browser) {
    const port = await freePort();
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    // In the page: a question from outside would come later than what it asks for.
    await page.addInitScript(() => {
        const look = () => {
            const one = document.querySelector('.card [role="switch"]');
            if (one !== null && !one.disabled && one.getAttribute('aria-disabled') !== 'true') window.usableAt = performance.timeOrigin + performance.now();
            else requestAnimationFrame(look);
        };
        look();
    });
    const begun = performance.timeOrigin + performance.now();
    const { child, url } = startDashboard(port);
    const told = await url;
    const toldAt = performance.timeOrigin + performance.now();
    await page.goto(told, { waitUntil: 'commit', timeout: deadline_ms });
    await page.waitForFunction(() => window.usableAt !== undefined, null, { timeout: deadline_ms, polling: 20 });
    const at = await page.evaluate(() => {
        const modules = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js'));
        const [navigation] = performance.getEntriesByType('navigation');
        const since = (time) => performance.timeOrigin + time;
        return { asked: since(navigation.requestStart), read: since(navigation.responseEnd),
            loaded: since(Math.max(...modules.map((each) => each.responseEnd))), usable: window.usableAt };
    });
    const steps = Object.fromEntries(Object.entries({ told: toldAt, ...at }).map(([name, time]) => [name, time - begun]));
    return { context, page, child, steps };
}

function processor_s(pid) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop().split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticks_per_s;
}

/// Percent of a core, of each kind of the browser's processes.
async function cost(browser) {
    const session = await browser.newBrowserCDPSession();
    const look = async () => {
        const { processInfo } = await session.send('SystemInfo.getProcessInfo');
        const sums = {};
        for (const { type, id } of processInfo) sums[type] = (sums[type] ?? 0) + processor_s(id);
        return sums;
    };
    const before = await look();
    const begun = performance.now();
    await new Promise((done) => { setTimeout(done, Number(seconds) * 1000); });
    const after = await look();
    const took_s = (performance.now() - begun) / 1000;
    return Object.fromEntries(Object.keys(after).map((type) => [type, (after[type] - (before[type] ?? 0)) / took_s * 100]));
}

const sorted = (all) => [...all].sort((a, b) => a - b);
const p50 = (all) => sorted(all)[Math.ceil(all.length / 2) - 1];
const line = (what, all) => console.log(`  ${what.padEnd(34)} p50 ${p50(all).toFixed(0).padStart(4)} ms   max ${Math.max(...all).toFixed(0).padStart(4)} ms`);

async function main(browser) {
    await configure();
    console.log(`${cpus().length} cores; chromium ${browser.version()}; ${destinations} destinations; load ${loadavg()[0].toFixed(2)}`);
    const all = [];
    for (let i = 0; i < starts; ++i) {
        const { context, child, steps } = await measure(browser);
        all.push(steps);
        await context.close();
        await end(child);
    }
    for (const [step, words] of Object.entries({ told: 'the URL is told after', asked: 'the browser asks after', read: 'the page is there after',
        loaded: 'all modules are there after', usable: 'the first switch can be used after' })) line(words, all.map((each) => each[step]));
    const { context, page, child } = await measure(browser);
    const live = await page.locator('.card[data-tone="live"]').count();
    const percents = Object.entries(await cost(browser)).filter(([, percent]) => percent >= 0.05);
    console.log(`  a page is open, ${live} live            ${percents.map(([type, percent]) => `${type} ${percent.toFixed(1)} %`).join(', ')} of a core`);
    await context.close();
    await end(child);
    return Math.max(...all.map((each) => each.usable)) <= wanted_ms ? 0 : 1;
}

let status = 5;
let browser = null;
try {
    browser = await launch();
    status = await main(browser);
} catch (error) {
    console.error(`page_ready: ${error.message}`);
} finally {
    await browser?.close();
    for (const child of children) await end(child, 'SIGKILL');
    await restream('stop', '--ingest').catch(() => {});
    rmSync(home, { recursive: true, force: true });
}
process.exit(status);
