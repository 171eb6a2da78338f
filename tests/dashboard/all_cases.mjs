// All destinations at once: going live, ending, and the menu of start, restart and stop.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRules, closePage, openPage, screenshot } from './browser.mjs';
import { closed, dialog, enable, hasKind, isLive, put, stage, theSwitch } from './stage.mjs';
import { change, eventually, isMock, look, refusingUrl, world } from './world.mjs';

const wantedOf = async () => Object.fromEntries((await look(stage.url, '/status')).destinations.map(({ name, wanted }) => [name, wanted]));
const rowsOf = (page, title) => page.getByRole('region', { name: title }).getByRole('listitem');
const names = async (rows) => (await rows.locator('.choice-name').allTextContents()).join();
const menu = async (page, item) => {
    await page.locator('#more-actions summary').click();
    await page.locator(item).click();
};

test('page: going live shows what changes, and switches on what is chosen', async () => {
    for (const name of ['calm', 'spare', 'steady']) await put(name);
    await put('turned-away', { url: refusingUrl, key: 'bad-key' });
    await enable('steady');
    await enable('turned-away');
    const page = await openPage(stage.browser, stage.url);
    await isLive(page, 'steady');
    await hasKind(page, 'turned-away', 'rejected');
    await page.locator('#go-live').click();
    await dialog(page).waitFor();
    assert.equal(await names(rowsOf(page, 'These get the picture')), 'calm,spare,turned-away');
    assert.equal(await names(rowsOf(page, 'These are on already')), 'steady');
    await rowsOf(page, 'These get the picture').filter({ hasText: 'turned-away' }).getByText('is tried again now', { exact: false }).waitFor();
    await checkRules(page, 'going live');
    await screenshot(page, 'going-live', { isWhole: false });
    // Nothing has changed before it is confirmed.
    await dialog(page).getByRole('button', { name: 'Cancel' }).click();
    await closed(page);
    assert.deepEqual(await wantedOf(), { calm: false, spare: false, steady: true, 'turned-away': true });
    await page.locator('#go-live').click();
    await dialog(page).getByLabel('spare').uncheck();
    await dialog(page).getByLabel('turned-away').uncheck();
    await dialog(page).getByRole('button', { name: 'Go live on 1 destination' }).click();
    await closed(page);
    await isLive(page, 'calm');
    assert.deepEqual(await wantedOf(), { calm: true, spare: false, steady: true, 'turned-away': true });
    await page.locator('#go-live').click();
    await dialog(page).waitFor();
    for (const box of await dialog(page).getByRole('checkbox').all()) await box.uncheck();
    assert.equal(await dialog(page).getByRole('button', { name: 'Go live' }).isDisabled(), true, 'none is not all');
    await closePage(page);
});

test('page: going live brings back what was stopped, and says that there is no picture yet', async () => {
    await put('one');
    await enable('one');
    await change(stage.url, 'POST', '/stop');
    world.leave();
    await eventually('nobody publishes', async () => (await look(stage.url, '/status')).ingest.state === 'no_publisher');
    // The last picture may be gone when the page asks for it.
    const page = await openPage(stage.browser, stage.url, { expected: /status of 404/ });
    await hasKind(page, 'one', 'stopped');
    await page.locator('#ingest-state').filter({ hasText: 'Nobody publishes' }).waitFor();
    await page.locator('#go-live').click();
    await dialog(page).getByText('is started again', { exact: false }).waitFor();
    await dialog(page).getByText('OBS does not send a picture yet', { exact: false }).waitFor();
    await dialog(page).getByRole('button', { name: 'Go live on 1 destination' }).click();
    await hasKind(page, 'one', 'waiting');
    world.come();
    await isLive(page, 'one');
    await closePage(page);
});

test('page: ending names who is live, switches all off, and can be taken back', async () => {
    for (const name of ['one', 'two', 'three']) await put(name);
    await enable('one');
    await enable('two');
    const page = await openPage(stage.browser, stage.url);
    await isLive(page, 'one');
    await isLive(page, 'two');
    await page.locator('#end-all').click();
    await dialog(page).getByText('2 destinations are live; their viewers are cut off: one and two.').waitFor();
    assert.equal(await names(rowsOf(page, 'These are switched off')), 'one,two');
    assert.equal(await names(rowsOf(page, 'These are off already')), 'three');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Cancel', 'what is safe has the focus');
    await checkRules(page, 'ending');
    await screenshot(page, 'ending', { isWhole: false });
    await page.keyboard.press('Escape');
    await closed(page);
    assert.deepEqual(await wantedOf(), { one: true, two: true, three: false });
    await page.locator('#end-all').click();
    await dialog(page).getByRole('button', { name: 'End 2 destinations' }).click();
    await hasKind(page, 'one', 'off');
    await hasKind(page, 'two', 'off');
    assert.deepEqual(await wantedOf(), { one: false, two: false, three: false });
    await page.locator('.notice').filter({ hasText: 'one and two were switched off.' }).getByRole('button', { name: 'Undo' }).click();
    await isLive(page, 'one');
    await isLive(page, 'two');
    assert.deepEqual(await wantedOf(), { one: true, two: true, three: false });
    await closePage(page);
});

test('page: where there is nothing to do, going live and ending say so', { skip: !isMock }, async () => {
    await put('one');
    const page = await openPage(stage.browser, stage.url);
    await hasKind(page, 'one', 'off');
    await page.locator('#end-all').click();
    await dialog(page).getByText('every destination is off', { exact: false }).waitFor();
    await checkRules(page, 'nothing to end');
    await dialog(page).getByRole('button', { name: 'Close' }).last().click();
    await closed(page);
    await theSwitch(page, 'one').click();
    await isLive(page, 'one');
    await page.locator('#go-live').click();
    await dialog(page).getByText('every destination is on', { exact: false }).waitFor();
    assert.equal(await dialog(page).getByRole('button').count(), 2, 'there is nothing to confirm');
    await closePage(page);
});

test('page: stop all asks first; start all brings back what is switched on', async () => {
    await put('one');
    await put('two');
    await enable('one');
    const page = await openPage(stage.browser, stage.url);
    await isLive(page, 'one');
    await page.locator('#more-actions summary').click();
    await checkRules(page, 'the menu');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('#stop-all').isVisible(), false);
    await menu(page, '#start-all');
    await page.getByText('There is nothing to start', { exact: false }).waitFor();
    await menu(page, '#stop-all');
    await dialog(page).getByText('1 destination is live', { exact: false }).waitFor();
    await checkRules(page, 'stop all');
    await dialog(page).getByRole('button', { name: 'Stop all' }).click();
    await hasKind(page, 'one', 'stopped');
    assert.equal(await theSwitch(page, 'one').getAttribute('aria-checked'), 'true', 'the wish is kept');
    await page.getByText('All destinations are stopped.').waitFor();
    await screenshot(page, 'stopped');
    await menu(page, '#stop-all');
    await page.getByText('Nothing is running.').waitFor();
    await menu(page, '#start-all');
    await isLive(page, 'one');
    await hasKind(page, 'two', 'off');
    await page.getByText('Nothing is running.').waitFor({ state: 'detached' });
    await closePage(page);
});

test('page: restart all names who is live, and brings them back', { skip: !isMock }, async () => {
    await put('one');
    await put('two');
    await enable('one');
    const page = await openPage(stage.browser, stage.url);
    await isLive(page, 'one');
    const started = async () => (await look(stage.url, '/status')).destinations[0].session?.started;
    const before = await started();
    await menu(page, '#restart-all');
    await dialog(page).getByText('1 destination is live and will be interrupted: one.').waitFor();
    await dialog(page).getByRole('button', { name: 'Restart all' }).click();
    await eventually('another session', async () => ![undefined, before].includes(await started()));
    await isLive(page, 'one');
    await hasKind(page, 'two', 'off');
    await closePage(page);
});

test('page: going live is one request, of what was shown', { skip: !isMock }, async () => {
    await put('one');
    await put('two');
    const page = await openPage(stage.browser, stage.url);
    await page.locator('#go-live').click();
    // One that comes meanwhile was not seen by who confirms.
    await put('late');
    const sent = page.waitForRequest('**/api/v1/enable');
    await dialog(page).getByRole('button', { name: 'Go live on 2 destinations' }).click();
    assert.deepEqual((await sent).postDataJSON(), { names: ['one', 'two'] });
    await isLive(page, 'one');
    await isLive(page, 'two');
    await hasKind(page, 'late', 'off');
    await closePage(page);
});
