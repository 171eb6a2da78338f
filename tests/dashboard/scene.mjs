// A whole evening in one process: a home of its own, an ingest with a publisher, platforms that take,
// refuse or are not there, and a dashboard over them. For pictures and for looking at the page:
//
//     tests/dashboard/pictures BUILD FOLDER
//
// runs in a network of its own, where the platforms' names lead to this machine.
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);
const nginx_module = '/usr/lib/nginx/modules/ngx_rtmp_module.so';
/// Where the names of /etc/hosts lead to, and where nothing but the ingest listens.
const platforms_address = '127.0.0.2';
const deadline_ms = 30000;

export async function until(what, check, longest_ms = deadline_ms) {
    const end = Date.now() + longest_ms;
    while (!await check()) {
        if (Date.now() > end) throw new Error(`waited too long: ${what}`);
        await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
}

const isListening = (host, port) => new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.on('connect', () => { socket.destroy(); resolve(true); }).on('error', () => resolve(false));
});

const destinations = {
    youtube: `service = "youtube"\nurl = "rtmp://a.rtmp.youtube.com/live2"\nbackup_url = "rtmp://b.rtmp.youtube.com/live2"\nbackup = "failover"`,
    twitch: 'service = "twitch"\nurl = "rtmp://live.twitch.tv/app"',
    kick: 'service = "kick"\nurl = "rtmp://fa723fc1b171.global-contribute.live-video.net/app"\nkey = "bad-1"',
    facebook: 'service = "facebook"\nurl = "rtmp://live-api.facebook.com/rtmp"',
    'town-hall': 'url = "rtmp://stream.town-hall.example:1940/live"',
    archive: 'url = "file:evening.flv"',
};

export class Scene {
    /// `archive`: the folder of the destination that is a file; else the scene's own.
    constructor(bin, { size = '1280x720', archive = null } = {}) {
        this.restream = join(bin, 'restream');
        this.size = size;
        this.home = mkdtempSync(join(tmpdir(), 'restream-scene-'));
        this.archive = archive ?? this.home;
        this.environment = { ...process.env, HOME: this.home, RESTREAM_CONFIG_DIR: join(this.home, 'config'),
            RESTREAM_STATE_DIR: join(this.home, 'state') };
        this.children = new Set();
    }

    command(...words) {
        return run(this.restream, words, { env: this.environment, timeout: 60000 }).then(() => 0, (error) => error.code);
    }

    async status() {
        return JSON.parse((await run(this.restream, ['status', '--json'], { env: this.environment })).stdout);
    }

    async state(name) {
        return (await this.status()).destinations.find((each) => each.name === name)?.state;
    }

    spawn(program, ...words) {
        const child = spawn(program, words, { env: this.environment, stdio: ['ignore', 'ignore', 'inherit'] });
        this.children.add(child);
        child.on('exit', () => this.children.delete(child));
        return child;
    }

    configure(more = '') {
        const folder = join(this.home, 'config', 'destinations.d');
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeFileSync(join(this.home, 'config', 'restream.toml'), `[ingest]\nserver = "embedded"\n${more}`, { mode: 0o600 });
        for (const [name, text] of Object.entries(destinations)) {
            writeFileSync(join(folder, `${name}.toml`),
                `${text.replace('file:', `file:${this.archive}/`)}\n${/key|file:/.test(text) ? '' : 'key = "k"\n'}`, { mode: 0o600 });
        }
    }

    /// The platforms: one nginx, which asks a door-keeper about each key.
    async open() {
        this.keeper = createServer((request, response) => {
            let body = '';
            request.on('data', (part) => { body += part; }).on('end', () => {
                response.writeHead(/name=bad/.test(body) ? 403 : 200).end();
            });
        });
        await new Promise((resolve) => { this.keeper.listen(0, '127.0.0.1', resolve); });
        const application = (name) => `application ${name} { live on; on_publish http://127.0.0.1:${this.keeper.address().port}/; }`;
        writeFileSync(join(this.home, 'nginx.conf'), `daemon off; master_process off; error_log ${this.home}/nginx.log;
pid ${this.home}/nginx.pid; load_module ${nginx_module}; events {}
rtmp { access_log off; server { listen ${platforms_address}:1935; ${['app', 'live2', 'rtmp'].map(application).join(' ')} } }\n`);
        this.spawn('/usr/sbin/nginx', '-c', join(this.home, 'nginx.conf'), '-p', this.home);
        await until('the platforms answer', () => isListening(platforms_address, 1935));
    }

    publish() {
        // Calm to look at, and by its grain of a camera's bitrate.
        this.publisher = this.spawn('ffmpeg', '-nostdin', '-loglevel', 'fatal', '-re', '-f', 'lavfi', '-i',
            `gradients=size=${this.size}:rate=30:speed=0.01:nb_colors=3:c0=0x1b3a6b:c1=0x2f8f83:c2=0xf0b35a:seed=7,` +
            'format=yuv420p,noise=c0s=7:c0f=t',
            '-f', 'lavfi', '-i', 'sine=frequency=220:r=48000', '-c:v', 'libx264', '-preset', 'superfast', '-profile:v', 'high',
            '-crf', '27', '-maxrate', '6000k', '-bufsize', '6000k', '-g', '60', '-c:a', 'aac', '-b:a', '128k', '-ac', '2',
            '-f', 'flv', 'rtmp://127.0.0.1:1935/live');
    }

    async serve(port = 5000) {
        this.dashboard = this.spawn(this.restream, 'dashboard', '--listen', `127.0.0.1:${port}`);
        this.url = `http://127.0.0.1:${port}`;
        await until('the dashboard answers', () => fetch(`${this.url}/healthz`).then((answer) => answer.ok, () => false));
    }

    async close() {
        await this.command('stop', '--ingest');
        for (const child of this.children) child.kill();
        await until('all have ended', () => this.children.size === 0).catch(() => { for (const child of this.children) child.kill('SIGKILL'); });
        this.keeper?.close();
        rmSync(this.home, { recursive: true, force: true });
    }
}
