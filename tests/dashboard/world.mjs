// What the tests run against: the mock, or, where DASHBOARD_URL names one, a real dashboard. A real one
// must be given with an ingest that is live and no destinations; and
//
//     DASHBOARD_GOOD_URL      an rtmp:// URL that takes any key, and many at once (default: the mock's)
//     DASHBOARD_REFUSING_URL  one that refuses the key "bad-key", and takes "good-key" (default: the mock's)
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { MockServer } from './mock_server.mjs';

export const isMock = process.env.DASHBOARD_URL === undefined;
export const goodUrl = process.env.DASHBOARD_GOOD_URL ?? 'rtmp://live.example.org/app';
export const refusingUrl = process.env.DASHBOARD_REFUSING_URL ?? 'rtmp://refusing.example.org/app';

let mock = null;

/// The dashboard's URL.
export async function startWorld() {
    if (!isMock) return process.env.DASHBOARD_URL.replace(/\/$/, '');
    mock = new MockServer();
    return mock.listen();
}

export const endWorld = () => mock?.close();

/// What only the mock can be made to do.
export const mockWorld = () => mock.world;

/// A change as a script makes it, with the token that stands in the page.
export async function change(url, method, path, body = {}) {
    const page = await ask(url, 'GET', '/');
    const token = /name="restream-token" content="([^"]+)"/.exec(page.text)[1];
    const answer = await ask(url, method, `/api/v1${path}`, body, { 'X-Restream-Token': token });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
}

export const look = async (url, path) => JSON.parse((await ask(url, 'GET', `/api/v1${path}`)).text);

/// Takes away all that an earlier test has left.
export async function removeAll(url) {
    if (isMock) Object.assign(mock.world, { isUp: true, publishing: Date.now() - 4000, trouble: null, problem: null });
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
