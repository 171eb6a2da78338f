// Destinations: added, switched, refused, changed, removed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRules, closePage, openPage, screenshot } from './browser.mjs';
import { card, closed, dialog, enable, hasKind, isLive, put, stage, theSwitch } from './stage.mjs';
import { eventually, goodUrl, isMock, look, nobodyUrl, refusingUrl, silentUrl, world } from './world.mjs';

const soon_ms = 1000;

/// When it is live in truth, which the dashboard is not asked for.
async function whenLive(name) {
    await eventually(`${name} is not live any more`, () => !world.isLive(name));
    while (!world.isLive(name)) await new Promise((resolve) => { setTimeout(resolve, 5); });
    return Date.now();
}

/// Gives what tells the times at which the page has begun to show it as live.
async function watchLive(page, name) {
    await page.evaluate((which) => {
        const node = document.querySelector(`.card[data-name="${which}"]`);
        window.liveTimes = [];
        let last = node.dataset.tone;
        new MutationObserver(() => {
            if (node.dataset.tone === 'live' && last !== 'live') window.liveTimes.push(Date.now());
            last = node.dataset.tone;
        }).observe(node, { attributes: true, attributeFilter: ['data-tone'] });
    }, name);
    return () => page.evaluate(() => window.liveTimes);
}

test('page: a destination is added, goes live, and comes back ten times, each time shown within a second', async (context) => {
    const page = await openPage(stage.browser, stage.url);
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
    const seen = await watchLive(page, 'studio');
    const delays = [];
    for (let i = 0; i < 11; i += 1) {
        const truth = whenLive('studio');
        await theSwitch(page, 'studio').click();
        assert.equal(await theSwitch(page, 'studio').getAttribute('aria-checked'), 'true', 'the switch moves at once');
        await isLive(page, 'studio');
        delays.push((await seen())[i] - await truth);
        if (i === 10) break;
        await theSwitch(page, 'studio').click();
        assert.equal(await theSwitch(page, 'studio').getAttribute('aria-checked'), 'false');
        await hasKind(page, 'studio', 'off');
    }
    context.diagnostic(`shown after it was live, ms: ${delays.join(' ')}`);
    assert.ok(Math.max(...delays) < soon_ms, `shown within a second: ${delays.join(' ')}`);
    assert.match(await page.title(), /^1 of 1 live/);
    await checkRules(page, 'live');
    await screenshot(page, 'live');
    await closePage(page);
});

test('page: of quick clicks the last one counts', async () => {
    await put('studio');
    const page = await openPage(stage.browser, stage.url);
    for (let i = 0; i < 7; i += 1) await theSwitch(page, 'studio').click();
    await isLive(page, 'studio');
    for (let i = 0; i < 5; i += 1) await theSwitch(page, 'studio').click();
    await hasKind(page, 'studio', 'off');
    await eventually('not wanted', async () => !(await look(stage.url, '/status')).destinations[0].wanted);
    assert.equal(await theSwitch(page, 'studio').getAttribute('aria-checked'), 'false');
    await closePage(page);
});

test('page: a refusal says why, and takes a new key', async () => {
    await put('studio', { url: refusingUrl, key: 'bad-key' });
    const page = await openPage(stage.browser, stage.url);
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

test('page: one that is live is restarted after a question, and has its uptime from then on', async () => {
    await put('studio');
    await enable('studio');
    const page = await openPage(stage.browser, stage.url);
    await isLive(page, 'studio');
    const started = async () => (await look(stage.url, '/status')).destinations[0].session?.started;
    const before = await started();
    await card(page, 'studio').getByRole('button', { name: 'Restart' }).click();
    await dialog(page).getByText('Its viewers are interrupted', { exact: false }).waitFor();
    await checkRules(page, 'restarting');
    await dialog(page).getByRole('button', { name: 'Restart studio' }).click();
    await eventually('another session', async () => ![undefined, before].includes(await started()));
    await isLive(page, 'studio');
    await card(page, 'studio').locator('.rate').filter({ hasText: /[1-9].* *kbit/ }).waitFor();
    assert.match(await card(page, 'studio').locator('.tally-time').textContent(), /^\d+\u00a0s$/);
    await card(page, 'studio').getByRole('img', { name: 'Bitrate in the last 2 minutes' }).waitFor();
    await closePage(page);
});

test('page: a destination is edited; what is live goes on until it is restarted', async () => {
    await put('studio');
    await enable('studio');
    const page = await openPage(stage.browser, stage.url);
    await isLive(page, 'studio');
    await card(page, 'studio').getByRole('button', { name: 'Edit' }).click();
    assert.equal(await dialog(page).getByLabel('Stream key').inputValue(), '', 'a key is never read back');
    await dialog(page).getByText('More settings').click();
    await dialog(page).getByLabel('Keep it for (seconds)').fill('45');
    await checkRules(page, 'editing');
    await dialog(page).getByRole('button', { name: 'Save' }).click();
    await closed(page);
    await page.getByText('goes on with its old settings').waitFor();
    const [after] = (await look(stage.url, '/destinations')).destinations;
    assert.equal(after.hold_s, 45);
    assert.equal(after.url, goodUrl);
    await page.locator('.notice').getByRole('button', { name: 'Restart' }).click();
    await isLive(page, 'studio');
    await closePage(page);
});

test('page: a destination is removed after a question', async () => {
    await put('one');
    await put('two');
    await enable('one');
    const page = await openPage(stage.browser, stage.url);
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
    const page = await openPage(stage.browser, stage.url);
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

test('page: a time that counts down, and a destination that only restream.toml has', async () => {
    world.addReadOnly('studio', nobodyUrl);
    await eventually('it is known', async () => (await look(stage.url, '/destinations')).destinations.length === 1);
    await enable('studio');
    const page = await openPage(stage.browser, stage.url);
    await hasKind(page, 'studio', 'backoff');
    const word = card(page, 'studio').locator('.tally-word');
    // The first tries come at once.
    await word.filter({ hasText: /in [3-9]\u00a0s/ }).waitFor();
    const first = await word.textContent();
    await card(page, 'studio').getByText('The server', { exact: false }).first().waitFor();
    await eventually('it counts', async () => await word.textContent() !== first);
    assert.equal(await card(page, 'studio').getByRole('button', { name: 'Replace the key' }).count(), 0);
    await card(page, 'studio').getByRole('button', { name: 'Edit' }).click();
    await dialog(page).getByText('which only you write', { exact: false }).waitFor();
    await closePage(page);
});

test('page: a backup server that stands by, and one that carries; who ends all is told of it', async () => {
    await world.addWithBackup('calm', { isPrimaryGood: true });
    await world.addWithBackup('saved', { isPrimaryGood: false });
    await enable('calm');
    await enable('saved');
    const page = await openPage(stage.browser, stage.url);
    await card(page, 'calm').getByText('Backup server: stands by').waitFor();
    await card(page, 'saved').getByText('Backup server: Live').waitFor();
    await checkRules(page, 'backup');
    await screenshot(page, 'backup');
    await page.locator('#end-all').click();
    await dialog(page).getByText('2 destinations are live', { exact: false }).waitFor();
    await closePage(page);
});

test('page: between two tries a card keeps its reason and its height', async () => {
    await put('second', { url: silentUrl, key: 'good-key' });
    const page = await openPage(stage.browser, stage.url);
    await enable('second');
    await hasKind(page, 'second', 'backoff');
    // Everything that is shown from now on, by what it is shown with.
    await page.evaluate(() => {
        const node = document.querySelector('.card[data-name="second"]');
        window.shown = [];
        const look = () => {
            const { kind } = node.dataset;
            const note = node.querySelector('.note').textContent;
            window.shown.push({ kind, height: node.getBoundingClientRect().height, note,
                reason: node.querySelector('.reason-message').textContent.trim() });
        };
        new MutationObserver(() => requestAnimationFrame(look)).observe(node, { attributes: true, subtree: true, childList: true, characterData: true });
    });
    await page.waitForFunction(() => {
        const kinds = window.shown.map(({ kind }) => kind);
        return kinds.includes('connecting') && kinds.slice(kinds.indexOf('connecting')).includes('backoff');
    }, null, { timeout: 60000 });
    const shown = await page.evaluate(() => window.shown);
    assert.deepEqual([...new Set(shown.map(({ kind }) => kind))].sort(), ['backoff', 'connecting']);
    assert.equal(new Set(shown.map(({ height }) => height)).size, 1, JSON.stringify(shown));
    assert.ok(shown.every(({ reason, note }) => reason !== '' && note !== ''), JSON.stringify(shown));
    await checkRules(page, 'between two tries');
    await closePage(page);
});

test('page: a destination that is wanted and was not started says so, and is started from its card', { skip: !isMock }, async () => {
    await put('studio');
    world.world.destinations.get('studio').wanted = true;
    const page = await openPage(stage.browser, stage.url);
    await hasKind(page, 'studio', 'not_started');
    assert.match(await card(page, 'studio').locator('.tally').textContent(), /Not started/);
    await card(page, 'studio').getByRole('button', { name: /^Start/ }).click();
    await isLive(page, 'studio');
    await closePage(page);
});

test('page: a key that the running session does not have yet is shown as a restart that is pending', { skip: !isMock }, async () => {
    await put('studio');
    await enable('studio');
    const page = await openPage(stage.browser, stage.url);
    await isLive(page, 'studio');
    const line = card(page, 'studio').locator('.pending');
    await line.waitFor({ state: 'hidden' });
    world.world.destinations.get('studio').restartPending = true;
    await line.getByText(/Restart pending: .* “Restart” interrupts it/).waitFor();
    await checkRules(page, 'restart pending');
    await closePage(page);
});
