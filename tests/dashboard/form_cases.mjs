// Forms: what they do not take, and what the server does not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRules, closePage, openPage, screenshot } from './browser.mjs';
import { closed, dialog, put, stage } from './stage.mjs';
import { goodUrl, isMock, look } from './world.mjs';

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

test('page: what the server refuses is a notice with its words, and can be dismissed', async () => {
    const page = await openPage(stage.browser, stage.url, { expected: /status of 400/ });
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
