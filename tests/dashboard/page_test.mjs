// The dashboard's page in a real browser, against the mock or a real dashboard: see world.mjs.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { checkRules, checkWidth, closePage, deadline_ms, launch, openPage, screenshot } from './browser.mjs';
import { LossyProxy } from './lossy_proxy.mjs';
import { change, endWorld, goodUrl, isMock, look, mockWorld, refusingUrl, removeAll, startWorld } from './world.mjs';

let browser;
let url;

before(async () => {
    url = await startWorld();
    browser = await launch();
});
after(async () => {
    await browser?.close();
    if (url !== undefined) await removeAll(url);
    endWorld();
});
beforeEach(() => removeAll(url));

const card = (page, name) => page.locator(`.card[data-name="${name}"]`);
const theSwitch = (page, name) => card(page, name).getByRole('switch');
const dialog = (page) => page.getByRole('dialog');
const hasKind = (page, name, kind) => page.waitForSelector(`.card[data-name="${name}"][data-kind="${kind}"]`);
const isLive = (page, name) => page.waitForSelector(`.card[data-name="${name}"][data-tone="live"]`);
const put = (name, members = {}) => change(url, 'PUT', `/destinations/${name}`, { url: goodUrl, key: `good-key-${name}`, ...members });
const enable = (name) => change(url, 'POST', `/destinations/${name}/enable`);
const closed = (page) => page.waitForSelector('dialog', { state: 'detached' });

async function eventually(what, check) {
    const end = Date.now() + deadline_ms;
    while (!await check()) {
        assert.ok(Date.now() < end, `waited too long: ${what}`);
        await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
}

test('page: the first visit explains the two steps', async () => {
    const page = await openPage(browser, url);
    await page.getByText('Two steps to your first broadcast').waitFor();
    await page.locator('.empty').getByText('rtmp://', { exact: false }).first().waitFor();
    await page.getByRole('button', { name: 'Another platform' }).waitFor();
    await checkRules(page, 'first visit');
    await screenshot(page, 'first-visit');
    await closePage(page);
});

test('page: a destination is added, goes live, and comes back ten times', async () => {
    const page = await openPage(browser, url);
    await page.locator('#add').click();
    await dialog(page).getByLabel('Platform').selectOption({ label: 'Another server (its URL)' });
    await dialog(page).getByLabel('Name').fill('studio');
    await dialog(page).getByLabel('URL', { exact: true }).fill(goodUrl);
    await dialog(page).getByLabel('Stream key').fill('good-key');
    await checkRules(page, 'adding');
    await screenshot(page, 'adding', { isWhole: false });
    await dialog(page).getByRole('button', { name: 'Add it' }).click();
    await closed(page);
    await hasKind(page, 'studio', 'off');
    for (let i = 0; i < 11; i += 1) {
        await theSwitch(page, 'studio').click();
        assert.equal(await theSwitch(page, 'studio').getAttribute('aria-checked'), 'true', 'the switch moves at once');
        await isLive(page, 'studio');
        if (i === 10) break;
        await theSwitch(page, 'studio').click();
        assert.equal(await theSwitch(page, 'studio').getAttribute('aria-checked'), 'false');
        await hasKind(page, 'studio', 'off');
    }
    assert.match(await page.title(), /^1 of 1 live/);
    await checkRules(page, 'live');
    await screenshot(page, 'live');
    await closePage(page);
});

test('page: of quick clicks the last one counts', async () => {
    await put('studio');
    const page = await openPage(browser, url);
    for (let i = 0; i < 7; i += 1) await theSwitch(page, 'studio').click();
    await isLive(page, 'studio');
    for (let i = 0; i < 5; i += 1) await theSwitch(page, 'studio').click();
    await hasKind(page, 'studio', 'off');
    await eventually('not wanted', async () => !(await look(url, '/status')).destinations[0].wanted);
    assert.equal(await theSwitch(page, 'studio').getAttribute('aria-checked'), 'false');
    await closePage(page);
});

test('page: a refusal says why, and takes a new key', async () => {
    await put('studio', { url: refusingUrl, key: 'bad-key' });
    const page = await openPage(browser, url);
    await theSwitch(page, 'studio').click();
    await page.waitForSelector('.card[data-name="studio"]:is([data-tone="bad"], [data-tone="warn"])');
    await card(page, 'studio').getByText('stream key', { exact: false }).first().waitFor();
    assert.equal(await theSwitch(page, 'studio').getAttribute('aria-checked'), 'true', 'the switch is the wish');
    await checkRules(page, 'refused');
    await screenshot(page, 'refused');
    await card(page, 'studio').getByRole('button', { name: 'Replace the key' }).click();
    await dialog(page).getByRole('button', { name: 'Save, and try now' }).click();
    await dialog(page).getByText('Paste the key here.').waitFor();
    await checkRules(page, 'a key that is missing');
    await dialog(page).getByLabel('Stream key').fill('good-key');
    await screenshot(page, 'new-key', { isWhole: false });
    await page.keyboard.press('Enter');
    await closed(page);
    await isLive(page, 'studio');
    assert.equal(await page.getByText('good-key').count(), 0, 'a key is nowhere to be read');
    await closePage(page);
});

test('page: restarting the ingest names who is live first, and brings them back', async () => {
    await put('one');
    await put('two');
    await put('three');
    await enable('one');
    await enable('two');
    const page = await openPage(browser, url);
    await isLive(page, 'one');
    await isLive(page, 'two');
    for (const verb of ['Reload', 'Restart']) {
        await page.getByRole('button', { name: `${verb} the server` }).click();
        await dialog(page).getByText('2 destinations are live and will be interrupted: one and two.').waitFor();
        await checkRules(page, `${verb} of the ingest`);
        await screenshot(page, `ingest-${verb.toLowerCase()}`, { isWhole: false });
        await page.keyboard.press('Escape');
        await closed(page);
    }
    await page.getByRole('button', { name: 'Restart the server' }).click();
    await dialog(page).getByRole('button', { name: 'Restart the server' }).click();
    await page.getByText('The ingest server was restarted.').waitFor();
    await isLive(page, 'one');
    await isLive(page, 'two');
    await hasKind(page, 'three', 'off');
    await closePage(page);
});

test('page: stop all asks first; start all brings back what is switched on', async () => {
    await put('one');
    await put('two');
    await enable('one');
    const page = await openPage(browser, url);
    await isLive(page, 'one');
    await page.locator('#stop-all').click();
    await dialog(page).getByText('1 destination is live', { exact: false }).waitFor();
    await checkRules(page, 'stop all');
    await dialog(page).getByRole('button', { name: 'Stop all' }).click();
    await hasKind(page, 'one', 'stopped');
    assert.equal(await theSwitch(page, 'one').getAttribute('aria-checked'), 'true', 'the wish is kept');
    await screenshot(page, 'stopped');
    await page.locator('#start-all').click();
    await isLive(page, 'one');
    await hasKind(page, 'two', 'off');
    await closePage(page);
});

test('page: a destination is edited; what is live goes on until it is restarted', async () => {
    await put('studio');
    await enable('studio');
    const page = await openPage(browser, url);
    await isLive(page, 'studio');
    await card(page, 'studio').getByRole('button', { name: 'Edit' }).click();
    assert.equal(await dialog(page).getByLabel('Stream key').inputValue(), '', 'a key is never read back');
    await dialog(page).getByText('More settings').click();
    await dialog(page).getByLabel('Keep it for (seconds)').fill('45');
    await checkRules(page, 'editing');
    await dialog(page).getByRole('button', { name: 'Save' }).click();
    await closed(page);
    await page.getByText('goes on with its old settings').waitFor();
    const [after] = (await look(url, '/destinations')).destinations;
    assert.equal(after.hold_s, 45);
    assert.equal(after.url, goodUrl);
    await page.locator('.notice').getByRole('button', { name: 'Restart' }).click();
    await isLive(page, 'studio');
    await closePage(page);
});

test('page: what a form takes not is said beside the field', async () => {
    await put('studio');
    const page = await openPage(browser, url);
    await page.locator('#add').click();
    await dialog(page).getByLabel('Platform').selectOption('');
    const table = [['', goodUrl, 'Small letters, digits'], ['Studio', goodUrl, 'Small letters, digits'], ['-a', goodUrl, 'Small letters, digits'],
        ['a b', goodUrl, 'Small letters, digits'], ['été', goodUrl, 'Small letters, digits'], ['studio', goodUrl, 'of this name already'],
        ['two', '', 'A URL is needed'], ['two', 'live.example.org', 'A URL is needed'], ['two', 'http://live.example.org/x', 'A URL is needed']];
    for (const [name, target, words] of table) {
        await dialog(page).getByLabel('Name').fill(name);
        await dialog(page).getByLabel('URL', { exact: true }).fill(target);
        await dialog(page).getByRole('button', { name: 'Add it' }).click();
        await dialog(page).locator('.field-error').filter({ hasText: words }).waitFor();
    }
    await checkRules(page, 'a form with mistakes');
    await screenshot(page, 'form-mistakes', { isWhole: false });
    await page.keyboard.press('Escape');
    await closed(page);
    assert.equal((await look(url, '/destinations')).destinations.length, 1);
    await closePage(page);
});

test('page: what the server refuses is a notice with its words, and can be dismissed', async () => {
    const page = await openPage(browser, url, { expected: /status of 400/ });
    await page.locator('#add').click();
    await dialog(page).getByLabel('Platform').selectOption('');
    await dialog(page).getByLabel('Name').fill('studio');
    await dialog(page).getByLabel('URL', { exact: true }).fill(isMock ? 'rtmp://invalid.example/app' : 'rtmp://:0/');
    await dialog(page).getByRole('button', { name: 'Add it' }).click();
    await dialog(page).getByRole('alert').filter({ hasText: 'It was not saved' }).waitFor();
    await checkRules(page, 'an error in a dialog');
    await screenshot(page, 'error', { isWhole: false });
    await dialog(page).getByRole('button', { name: 'Dismiss' }).click();
    assert.equal(await page.getByText('It was not saved').count(), 0);
    await closePage(page);
});

test('page: a destination is removed after a question', async () => {
    await put('one');
    await put('two');
    await enable('one');
    const page = await openPage(browser, url);
    await isLive(page, 'one');
    await card(page, 'one').getByRole('button', { name: 'Remove' }).click();
    await dialog(page).getByText('It is live: its viewers are cut off.').waitFor();
    await dialog(page).getByRole('button', { name: 'Cancel' }).click();
    await closed(page);
    await card(page, 'one').getByRole('button', { name: 'Remove' }).click();
    await checkRules(page, 'removing');
    await screenshot(page, 'removing', { isWhole: false });
    await dialog(page).getByRole('button', { name: 'Remove one' }).click();
    await card(page, 'one').waitFor({ state: 'detached' });
    await card(page, 'two').waitFor();
    await closePage(page);
});

test('page: the log of a destination', async () => {
    await put('studio');
    await enable('studio');
    const page = await openPage(browser, url);
    await isLive(page, 'studio');
    await card(page, 'studio').getByRole('button', { name: 'Log' }).click();
    const lines = page.getByRole('region', { name: 'Lines of the log' });
    await lines.filter({ hasText: 'live' }).waitFor();
    await checkRules(page, 'log');
    await screenshot(page, 'log', { isWhole: false });
    await dialog(page).getByRole('button', { name: 'Copy the log' }).click();
    await dialog(page).getByText('Copied').first().waitFor();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /live/);
    await page.keyboard.press('Escape');
    await closed(page);
    await closePage(page);
});

test('page: doctor says what is wrong, and is asked again', async () => {
    await put('studio', isMock ? { url: 'rtmp://unreachable.example.org/live' } : { url: 'rtmp://restream-test.invalid/live' });
    const page = await openPage(browser, url);
    await page.locator('#doctor .finding').filter({ hasText: 'studio' }).first().waitFor();
    await removeAll(url);
    await page.locator('.card').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Check again' }).click();
    await eventually('the finding is gone', async () => await page.locator('#doctor .finding').filter({ hasText: 'studio' }).count() === 0);
    await checkRules(page, 'doctor');
    await closePage(page);
});

test('page: what OBS must be given can be copied; its key is hidden until it is asked for', { skip: !isMock }, async () => {
    await put('studio');
    const page = await openPage(browser, url);
    await page.locator('#ingest summary').click();
    const obs = page.locator('#ingest .obs');
    await obs.getByRole('button', { name: 'Copy the server' }).click();
    await obs.getByText('Copied').waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'rtmp://127.0.0.1:1935/live');
    assert.equal(await page.getByText(mockWorld().publishKey).count(), 0);
    await obs.getByRole('button', { name: 'Show the stream key' }).click();
    await obs.getByText(mockWorld().publishKey).waitFor();
    await checkRules(page, 'the key is shown');
    await obs.getByRole('button', { name: 'Hide the stream key' }).click();
    assert.equal(await page.getByText(mockWorld().publishKey).count(), 0);
    await obs.getByRole('button', { name: 'Copy the stream key' }).click();
    await eventually('the key is copied', async () => await page.evaluate(() => navigator.clipboard.readText()) === mockWorld().publishKey);
    await closePage(page);
});

test('page: the ingest without a publisher, and down', { skip: !isMock }, async () => {
    await put('studio');
    await enable('studio');
    const page = await openPage(browser, url);
    await isLive(page, 'studio');
    await page.locator('.picture-image').waitFor();
    mockWorld().publishing = null;
    await hasKind(page, 'studio', 'holding');
    await page.locator('#ingest-state').filter({ hasText: 'Nobody publishes' }).waitFor();
    await page.locator('#announcer').filter({ hasText: 'studio: Holding' }).waitFor({ state: 'attached' });
    await checkRules(page, 'nobody publishes');
    await screenshot(page, 'no-publisher');
    mockWorld().isUp = false;
    await page.locator('#ingest-state').filter({ hasText: 'Down' }).waitFor();
    await checkRules(page, 'ingest down');
    await screenshot(page, 'ingest-down');
    mockWorld().publishing = Date.now();
    await page.getByRole('button', { name: 'Start the ingest server' }).click();
    await page.locator('#ingest-state').filter({ hasText: 'Receiving' }).waitFor();
    await isLive(page, 'studio');
    await closePage(page);
});

test('page: a time that counts down, and a destination that only restream.toml has', { skip: !isMock }, async () => {
    await put('studio', { url: 'rtmp://unreachable.example.org/live' });
    mockWorld().destinations.get('studio').is_editable = false;
    await enable('studio');
    const page = await openPage(browser, url);
    await hasKind(page, 'studio', 'backoff');
    const word = card(page, 'studio').locator('.tally-word');
    const first = await word.textContent();
    assert.match(first, /Trying again in \d+\u00a0s/);
    await eventually('it counts', async () => await word.textContent() !== first);
    assert.equal(await card(page, 'studio').getByRole('button', { name: 'Replace the key' }).count(), 0);
    await card(page, 'studio').getByRole('button', { name: 'Edit' }).click();
    await dialog(page).getByText('which only you write', { exact: false }).waitFor();
    await closePage(page);
});

test('page: English and French; the browser decides, and the switch changes it for good', async () => {
    await put('studio', { url: refusingUrl, key: 'bad-key' });
    await enable('studio');
    const page = await openPage(browser, url, { locale: 'fr-FR' });
    assert.equal(await page.locator('html').getAttribute('lang'), 'fr');
    await page.getByRole('button', { name: 'Ajouter une destination' }).waitFor();
    await card(page, 'studio').getByText('clé de stream', { exact: false }).first().waitFor();
    await checkRules(page, 'French');
    await screenshot(page, 'french');
    await page.locator('#add').click();
    await checkRules(page, 'a form in French');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'English' }).click();
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    await page.getByRole('button', { name: 'Add a destination' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Add a destination' }).waitFor();
    await closePage(page);
});

test('page: the two languages have the same words, with the same places in them', async () => {
    const page = await openPage(browser, url);
    const differences = await page.evaluate(async () => {
        const [english, french, reasons] = await Promise.all(['words_en', 'words_fr', 'reasons_fr'].map(async (name) =>
            (await import(`/assets/${name}.js`)).default));
        const places = (words) => (words.match(/\{\w+\}/g) ?? []).sort().join();
        const keys = new Set([...Object.keys(english), ...Object.keys(french)]);
        const bad = [...keys].filter((key) => !(key in english) || !(key in french) || places(english[key]) !== places(french[key]));
        return [...bad, ...Object.keys(reasons).filter((code) => !reasons[code].message)];
    });
    assert.deepEqual(differences, []);
    await closePage(page);
});

for (const scheme of ['light', 'dark']) {
    test(`page: many destinations, ${scheme}, from a phone to a wide screen`, async () => {
        for (let i = 0; i < 20; i += 1) await put(`destination-${String(i).padStart(2, '0')}`, i === 3 ? { url: refusingUrl, key: 'bad-key' } : {});
        await put('a-very-long-name-of-32-letters-x', { url: 'rtmps://a-really-quite-long-host-name.eu-central-1.live-video.example.net:443/app' });
        for (const i of [0, 3, 4, 7]) await enable(`destination-0${i}`);
        for (const [width, height] of [[360, 740], [800, 1000], [1280, 900], [1920, 1080]]) {
            const page = await openPage(browser, url, { width, height, scheme, isTouched: width === 360 });
            await isLive(page, 'destination-07');
            await checkWidth(page, `${width} pixels`);
            if (width !== 800) await checkRules(page, `${width} pixels, ${scheme}`);
            await screenshot(page, `many-${width}-${scheme}`);
            await page.locator('#add').click();
            await checkWidth(page, `adding, ${width} pixels`);
            await checkRules(page, `adding, ${width} pixels, ${scheme}`);
            await page.keyboard.press('Escape');
            await closed(page);
            await closePage(page);
        }
    });
}

test('page: everything can be done by keyboard', async () => {
    await put('studio');
    const page = await openPage(browser, url);
    await hasKind(page, 'studio', 'off');
    const focused = () => page.evaluate(() => {
        const { activeElement } = document;
        return activeElement.getAttribute('aria-label') ?? activeElement.textContent.trim();
    });
    const tabTo = async (name) => {
        for (let i = 0; i < 60; i += 1) {
            await page.keyboard.press('Tab');
            if ((await focused()).startsWith(name)) return;
        }
        assert.fail(`the tabulator does not come to ${name}`);
    };
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'To the destinations');
    await page.keyboard.press('Enter');
    await tabTo('studio: send the live picture');
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, 'solid', 'the focus is seen');
    await page.keyboard.press('Space');
    await isLive(page, 'studio');
    assert.equal(await focused(), 'studio: send the live picture', 'the focus stays');
    await tabTo('Log: studio');
    await page.keyboard.press('Enter');
    await dialog(page).waitFor();
    await page.keyboard.press('Escape');
    await closed(page);
    assert.equal(await focused(), 'Log: studio', 'the focus comes back');
    await tabTo('Remove: studio');
    await page.keyboard.press('Enter');
    assert.equal(await focused(), 'Cancel', 'what is safe has the focus');
    await tabTo('Remove studio');
    await page.keyboard.press('Enter');
    await card(page, 'studio').waitFor({ state: 'detached' });
    await closePage(page);
});

test('page: a lost connection is shown, and heals', async () => {
    await put('studio');
    await enable('studio');
    const proxy = new LossyProxy(url);
    const page = await openPage(browser, await proxy.listen(), { expected: /ERR_|Failed to load/ });
    try {
        await isLive(page, 'studio');
        proxy.cut();
        await page.waitForSelector('body[data-link="lost"]');
        await page.getByText('The dashboard does not answer.').waitFor();
        assert.match(await page.title(), /No connection/);
        assert.equal(await theSwitch(page, 'studio').getAttribute('aria-disabled'), 'true');
        await theSwitch(page, 'studio').click({ force: true });
        assert.equal(await theSwitch(page, 'studio').getAttribute('aria-checked'), 'true', 'what cannot be asked for does not move');
        await checkRules(page, 'lost');
        await checkWidth(page, 'lost');
        await screenshot(page, 'lost');
        await change(url, 'POST', '/destinations/studio/disable');
        proxy.mend();
        await page.waitForSelector('body[data-link="open"]');
        await hasKind(page, 'studio', 'off');
        assert.equal(await page.getByText('The dashboard does not answer.').isVisible(), false);
        await theSwitch(page, 'studio').click();
        await isLive(page, 'studio');
    } finally {
        proxy.close();
    }
    await closePage(page);
});

test('page: a token that is wrong by now brings a new page', async () => {
    await put('studio');
    const page = await openPage(browser, url, { expected: /status of 403/ });
    await hasKind(page, 'studio', 'off');
    await page.route('**/enable', (route) => route.continue({ headers: { ...route.request().headers(), 'x-restream-token': 'old' } }),
        { times: 1 });
    const again = page.waitForEvent('load');
    await theSwitch(page, 'studio').click();
    await again;
    await hasKind(page, 'studio', 'off');
    await theSwitch(page, 'studio').click();
    await isLive(page, 'studio');
    await closePage(page);
});

test('page: a configuration that is broken is told, and what was known stays', { skip: !isMock }, async () => {
    await put('studio');
    const page = await openPage(browser, url);
    await hasKind(page, 'studio', 'off');
    mockWorld().problem = { code: 'config', message: 'restream.toml:3:1: unknown field lisen; did you mean listen?', remedy: '' };
    await page.locator('#problem').getByText('did you mean listen?').waitFor();
    await checkRules(page, 'broken configuration');
    await screenshot(page, 'broken-configuration');
    mockWorld().problem = null;
    await page.locator('#problem').waitFor({ state: 'hidden' });
    await card(page, 'studio').waitFor();
    await closePage(page);
});

test('page: a backup server that carries is told, and stop all names it', { skip: !isMock }, async () => {
    await put('studio', { url: 'rtmp://unreachable.example.org/live' });
    await enable('studio');
    const relay = { mode: 'failover', url: 'rtmp://b.example.org/live', confirmed: true, since: new Date().toISOString(), session: null,
        next_retry_in_s: null };
    mockWorld().destinations.get('studio').backup = { ...relay, state: 'waiting', reason: { code: 'standby', message: 'stands by', remedy: '' } };
    const page = await openPage(browser, url);
    await card(page, 'studio').getByText('Backup server: stands by').waitFor();
    mockWorld().destinations.get('studio').backup = { ...relay, state: 'live', reason: null };
    await card(page, 'studio').getByText('Backup server: Live').waitFor();
    await checkRules(page, 'backup');
    await screenshot(page, 'backup');
    await page.locator('#stop-all').click();
    await dialog(page).getByText('1 destination is live', { exact: false }).waitFor();
    await closePage(page);
});

test('page: text of the server is text', { skip: !isMock }, async () => {
    const evil = '<img src=x onerror=alert(1)><b>bold</b>';
    mockWorld().put('studio', { url: `rtmp://unreachable.example.org/${evil}`, key: 'x' });
    mockWorld().trouble = { message: evil, remedy: evil };
    const page = await openPage(browser, url);
    await page.locator('#ingest').getByText(evil).first().waitFor();
    assert.equal(await page.locator('main b').count(), 0);
    mockWorld().trouble = null;
    await closePage(page);
});
