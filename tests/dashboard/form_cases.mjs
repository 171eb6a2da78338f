// Forms: what they do not take, and what the server does not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRules, closePage, openPage, screenshot } from './browser.mjs';
import { card, closed, dialog, enable, isLive, put, stage } from './stage.mjs';
import { goodUrl, isMock, look, nobodyUrl } from './world.mjs';

const focusedLabel = (page) => page.evaluate(() => document.activeElement.labels?.[0]?.textContent);
const focusedText = (page) => page.evaluate(() => document.activeElement.textContent.trim());

test('page: what a form takes not is said beside the field', async () => {
    await put('studio');
    const page = await openPage(stage.browser, stage.url);
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
    assert.equal((await look(stage.url, '/destinations')).destinations.length, 1);
    await closePage(page);
});

test('page: what the server refuses is said beside the field that it names', async () => {
    const page = await openPage(stage.browser, stage.url, { expected: /status of 400/ });
    await page.locator('#add').click();
    await dialog(page).getByLabel('Platform').selectOption('');
    await dialog(page).getByLabel('Name').fill('studio');
    await dialog(page).getByLabel('URL', { exact: true }).fill(isMock ? 'rtmp://invalid.example/app' : 'rtmp://:0/');
    await dialog(page).getByRole('button', { name: 'Add it' }).click();
    await dialog(page).locator('.field').filter({ has: page.getByLabel('URL', { exact: true }) }).getByRole('alert').filter({ hasText: 'url' }).waitFor();
    assert.equal(await focusedLabel(page), 'URL');
    await checkRules(page, 'a field that the server refused');
    await dialog(page).getByLabel('URL', { exact: true }).fill(goodUrl);
    await dialog(page).getByRole('button', { name: 'Add it' }).click();
    await closed(page);
    await closePage(page);
});

test('page: a platform is not added without the key that it needs, neither here nor by the server', async () => {
    const page = await openPage(stage.browser, stage.url, { expected: /status of 400/ });
    await page.getByRole('button', { name: 'YouTube' }).waitFor();
    await page.locator('#add').click();
    const sent = [];
    page.on('request', (request) => { if (request.method() === 'PUT') sent.push(request.url()); });
    for (const [platform, url, name] of [['twitch', '', 'Twitch'], ['youtube', '', 'YouTube'], ['youtube', 'rtmp://a.rtmp.youtube.com/live2', 'YouTube'],
        ['rumble', 'rtmp://rtmp.rumble.example/live', 'Rumble']]) {
        await dialog(page).getByLabel('Platform').selectOption(platform);
        await dialog(page).getByLabel('URL', { exact: true }).fill(url);
        for (const key of ['', '   ']) {
            await dialog(page).getByLabel('Stream key').fill(key);
            await dialog(page).getByRole('button', { name: 'Add it' }).click();
            await dialog(page).getByText(`${name} needs your stream key: paste it here.`).waitFor();
            assert.equal(await focusedLabel(page), 'Stream key');
        }
    }
    assert.deepEqual(sent, [], 'nothing is asked for that cannot be');
    await checkRules(page, 'a key is missing');
    await screenshot(page, 'key-missing', { isWhole: false });
    const answer = await page.evaluate(async () => {
        const token = document.querySelector('meta[name="restream-token"]').content;
        const response = await fetch('/api/v1/destinations/twitch', { method: 'PUT', body: '{"service": "twitch"}',
            headers: { 'X-Restream-Token': token, 'Content-Type': 'application/json' } });
        return { status: response.status, ...(await response.json()).error };
    });
    assert.equal(answer.status, 400);
    assert.equal(answer.field, 'key');
    assert.deepEqual((await look(stage.url, '/destinations')).destinations, []);
    // An own server may need none.
    await dialog(page).getByLabel('Platform').selectOption('');
    await dialog(page).getByLabel('URL', { exact: true }).fill(goodUrl);
    await dialog(page).getByRole('button', { name: 'Add it' }).click();
    await closed(page);
    await closePage(page);
});

test('page: the form asks how a second server is used, and says that both double the upload', async () => {
    const page = await openPage(stage.browser, stage.url);
    await page.getByRole('button', { name: 'YouTube' }).click();
    const use = dialog(page).getByLabel('Second server');
    const youtube = (await look(stage.url, '/services')).services.find(({ id }) => id === 'youtube');
    assert.equal(await use.inputValue(), youtube.backup);
    await use.selectOption('both');
    await dialog(page).getByText('This doubles the upload', { exact: false }).waitFor();
    await checkRules(page, 'a second server');
    await screenshot(page, 'second-server', { isWhole: false });
    await dialog(page).getByLabel('Stream key').fill('k-1');
    await dialog(page).getByRole('button', { name: 'Add it' }).click();
    await closed(page);
    const backup = async () => (await look(stage.url, '/destinations')).destinations.find(({ name }) => name === 'youtube').backup;
    assert.equal(await backup(), 'both');
    await card(page, 'youtube').getByRole('button', { name: 'Edit' }).click();
    assert.equal(await use.inputValue(), 'both');
    await dialog(page).getByText('More settings').click();
    assert.equal(await dialog(page).getByLabel('Backup URL').inputValue(), '', 'the platform’s own is not the user’s');
    await use.selectOption('off');
    await dialog(page).getByRole('button', { name: 'Save' }).click();
    await closed(page);
    assert.equal(await backup(), 'off');
    // One without a second server is not asked; one that the user gives is.
    await page.locator('#add').click();
    await dialog(page).getByLabel('Platform').selectOption('');
    assert.equal(await use.isVisible(), false);
    await dialog(page).getByText('More settings').click();
    await dialog(page).getByLabel('Backup URL').fill(`${goodUrl}-2`);
    assert.equal(await use.isVisible(), true);
    await dialog(page).getByLabel('Backup URL').fill('');
    assert.equal(await use.isVisible(), false);
    await closePage(page);
});

test('page: a dialog begins where the user has to type, and gives the focus back', { skip: !isMock }, async () => {
    await put('studio');
    const page = await openPage(stage.browser, stage.url);
    await page.getByRole('button', { name: 'YouTube' }).click();
    assert.equal(await focusedLabel(page), 'Stream key');
    await page.keyboard.press('Escape');
    await closed(page);
    assert.equal(await focusedText(page), 'YouTube');
    await page.getByRole('button', { name: 'Another platform' }).click();
    assert.equal(await focusedLabel(page), 'URL');
    await page.keyboard.press('Escape');
    await closed(page);
    await page.locator('#add').click();
    assert.equal(await focusedLabel(page), 'Stream key');
    await page.keyboard.press('Escape');
    await closed(page);
    assert.equal(await focusedText(page), 'Add a destination');
    await card(page, 'studio').getByRole('button', { name: 'Edit' }).click();
    assert.equal(await focusedLabel(page), 'Stream key');
    await dialog(page).getByRole('button', { name: 'Cancel' }).click();
    await closed(page);
    assert.equal(await focusedText(page), 'Edit');
    // Where the opener is in a menu that has closed, the menu has it.
    await enable('studio');
    await isLive(page, 'studio');
    await page.locator('#more-actions summary').click();
    await page.locator('#stop-all').click();
    await dialog(page).getByRole('button', { name: 'Cancel' }).click();
    await closed(page);
    assert.equal(await focusedText(page), 'More');
    await closePage(page);
});

test('page: the focus is not lost with the first steps, which go when there is a destination', { skip: !isMock }, async () => {
    const page = await openPage(stage.browser, stage.url);
    await page.getByRole('button', { name: 'Another platform' }).click();
    await dialog(page).getByLabel('URL', { exact: true }).fill(goodUrl);
    await page.keyboard.press('Enter');
    await closed(page);
    await card(page, 'live').waitFor();
    await page.locator('#empty').waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement === document.body), false);
    await closePage(page);
});

test('page: that a key does not go to another server is told, and that one which comes along does', async () => {
    await put('studio', { key: 'given-for-this-server' });
    const page = await openPage(stage.browser, stage.url);
    const move = async (url, key) => {
        await card(page, 'studio').getByRole('button', { name: 'Edit' }).click();
        await dialog(page).getByLabel('URL', { exact: true }).fill(url);
        if (key !== '') await dialog(page).getByLabel('Stream key').fill(key);
        await dialog(page).getByRole('button', { name: 'Save' }).click();
        await closed(page);
    };
    const words = page.getByText('was given for another server');
    await move(nobodyUrl, 'given-for-that-server');
    await page.getByText('studio is saved').waitFor();
    assert.equal(await words.count(), 0);
    await move(goodUrl, '');
    await words.waitFor();
    const [one] = (await look(stage.url, '/destinations')).destinations;
    assert.equal(one.key, 'none');
    await checkRules(page, 'a key that is gone');
    await closePage(page);
});

test('page: what the server cannot do is a notice with its words, and can be dismissed', { skip: !isMock }, async () => {
    const page = await openPage(stage.browser, stage.url, { expected: /status of 409/ });
    await page.locator('#add').click();
    await dialog(page).getByLabel('Platform').selectOption('');
    await dialog(page).getByLabel('Name').fill('studio');
    await dialog(page).getByLabel('URL', { exact: true }).fill('rtmp://unwritable.example/app');
    await dialog(page).getByRole('button', { name: 'Add it' }).click();
    await dialog(page).getByRole('alert').filter({ hasText: 'It was not saved' }).waitFor();
    await checkRules(page, 'an error in a dialog');
    await screenshot(page, 'error', { isWhole: false });
    await dialog(page).getByRole('button', { name: 'Dismiss' }).click();
    assert.equal(await page.getByText('It was not saved').count(), 0);
    await closePage(page);
});
