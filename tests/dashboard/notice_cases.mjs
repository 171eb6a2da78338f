// Notices: a switch that was hit by accident is taken back, and no notice is there for longer than it is true.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRules, closePage, openPage, screenshot } from './browser.mjs';
import { card, closed, dialog, enable, hasKind, isLive, put, stage, theSwitch } from './stage.mjs';
import { change, eventually, goodUrl, isMock, look } from './world.mjs';

const undo = (page) => page.locator('.notice').getByRole('button', { name: 'Undo' });
const focused = (page) => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim());
const off = (page, name) => page.getByText(`${name} was switched off.`);

test('page: what was switched off by accident is taken back, by mouse and by keyboard', async () => {
    await put('studio');
    await put('zebra');
    await enable('studio');
    const page = await openPage(stage.browser, stage.url);
    await isLive(page, 'studio');
    await theSwitch(page, 'studio').click();
    assert.equal(await page.locator('.notice').filter({ hasText: 'studio was switched off.' }).getAttribute('role'), 'status',
        'a screen reader hears of it');
    await checkRules(page, 'an offer to take it back');
    await screenshot(page, 'undo');
    await undo(page).click();
    assert.equal(await theSwitch(page, 'studio').getAttribute('aria-checked'), 'true');
    assert.equal(await focused(page), 'studio: send the live picture', 'the focus goes back to where it came from');
    await isLive(page, 'studio');
    // By the tabulator, which comes to it from the switch, and goes on from there.
    await page.keyboard.press('Space');
    await off(page, 'studio').waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Undo');
    await page.keyboard.press('Shift+Tab');
    assert.equal(await focused(page), 'studio: send the live picture');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Dismiss');
    await page.keyboard.press('Tab');
    assert.match(await focused(page), /: studio$/, 'the next one after the switch');
    await theSwitch(page, 'studio').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await isLive(page, 'studio');
    await eventually('wanted again', async () => (await look(stage.url, '/status')).destinations[0].wanted);
    // And as in every program.
    await page.keyboard.press('Space');
    await hasKind(page, 'studio', 'off');
    await page.keyboard.press('Control+z');
    await isLive(page, 'studio');
    assert.equal(await undo(page).count(), 0);
    await closePage(page);
});

test('page: where something is typed, Control+Z takes that back alone', { skip: !isMock }, async () => {
    await put('studio');
    await enable('studio');
    const page = await openPage(stage.browser, stage.url);
    await isLive(page, 'studio');
    await theSwitch(page, 'studio').click();
    await off(page, 'studio').waitFor();
    await page.locator('#add').click();
    await dialog(page).getByLabel('Name').fill('other');
    await page.keyboard.press('Control+z');
    await page.keyboard.press('Escape');
    await closed(page);
    assert.equal(await theSwitch(page, 'studio').getAttribute('aria-checked'), 'false');
    await closePage(page);
});

test('page: no notice is there for longer than it is true', async () => {
    await put('studio');
    await enable('studio');
    const page = await openPage(stage.browser, stage.url);
    await isLive(page, 'studio');
    await theSwitch(page, 'studio').click();
    await off(page, 'studio').waitFor();
    await hasKind(page, 'studio', 'off');
    // From somewhere else.
    await enable('studio');
    await off(page, 'studio').waitFor({ state: 'detached' });
    assert.equal(await undo(page).count(), 0);
    await page.locator('#add').click();
    await dialog(page).getByLabel('Platform').selectOption('');
    await dialog(page).getByLabel('Name').fill('second');
    await dialog(page).getByLabel('URL', { exact: true }).fill(goodUrl);
    await dialog(page).getByRole('button', { name: 'Add it' }).click();
    await page.getByText('second is added', { exact: false }).waitFor();
    await theSwitch(page, 'second').click();
    await isLive(page, 'second');
    assert.equal(await page.getByText('second is added', { exact: false }).count(), 0);
    await change(stage.url, 'DELETE', '/destinations/second');
    await card(page, 'second').waitFor({ state: 'detached' });
    await closePage(page);
});

test('page: what became of an earlier click is no news after a later one', { skip: !isMock }, async () => {
    await put('studio');
    const page = await openPage(stage.browser, stage.url, { expected: /status of 409/ });
    await hasKind(page, 'studio', 'off');
    let answer;
    const held = new Promise((resolve) => { answer = resolve; });
    const refusal = { error: { code: 'refused', message: 'the ingest did not answer', remedy: 'x' } };
    await page.route('**/studio/enable', async (route) => {
        await held;
        await route.fulfill({ status: 409, json: refusal });
    }, { times: 1 });
    await theSwitch(page, 'studio').click();
    await theSwitch(page, 'studio').click();
    await off(page, 'studio').waitFor();
    const answered = page.waitForResponse('**/studio/enable');
    answer();
    await answered;
    await hasKind(page, 'studio', 'off');
    await page.evaluate(() => new Promise((resolve) => { setTimeout(resolve); }));
    assert.equal(await page.getByText('the ingest did not answer').count(), 0);
    // Of the last click it is told, until the state says otherwise.
    await page.route('**/studio/enable', (route) => route.fulfill({ status: 409, json: refusal }), { times: 1 });
    await theSwitch(page, 'studio').click();
    await page.getByText('The ingest did not answer').or(page.getByText('the ingest did not answer')).waitFor();
    await enable('studio');
    await isLive(page, 'studio');
    assert.equal(await page.getByText('the ingest did not answer').count(), 0);
    await closePage(page);
});

test('page: of a batch that went wrong, nothing is told that its cards contradict', { skip: !isMock }, async () => {
    await put('studio');
    await put('second');
    await enable('studio');
    const page = await openPage(stage.browser, stage.url);
    await isLive(page, 'studio');
    const outcome = (name, word, status, reason) => ({ name, outcome: word, exit_status: status, reason, next_retry_in_s: null, backup: null });
    const document = { schema: 1, exit_status: 5, messages: ['second: live', 'studio: the server closed the connection'], destinations: [
        outcome('second', 'live', 0, null),
        outcome('studio', 'refused', 5, { code: 'connect_timed_out', message: 'the server did not answer in time', remedy: 'x' })] };
    await page.route('**/ingest/restart', (route) => route.fulfill({ json: document }), { times: 1 });
    await page.getByRole('button', { name: 'Restart the server' }).click();
    await dialog(page).getByRole('button', { name: 'Restart the server' }).click();
    await closed(page);
    // It is live, whatever the answer says.
    await page.evaluate(() => new Promise((resolve) => { setTimeout(resolve); }));
    assert.equal(await page.locator('.notice').filter({ hasText: 'live' }).count(), 0);
    await closePage(page);
});
