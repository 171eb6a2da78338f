// The ingest: what OBS must be given, whether it comes, its server; and doctor.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRules, closePage, openPage, screenshot } from './browser.mjs';
import { card, closed, dialog, enable, hasKind, isLive, put, stage } from './stage.mjs';
import { eventually, look, nobodyUrl, removeAll, world } from './world.mjs';

const publish_key = 'in-4711-secret';

test('page: the first visit explains the two steps', async () => {
    const page = await openPage(stage.browser, stage.url);
    await page.getByText('Two steps to your first broadcast').waitFor();
    await page.locator('.empty').getByText('rtmp://', { exact: false }).first().waitFor();
    await page.getByRole('button', { name: 'Another platform' }).waitFor();
    await checkRules(page, 'first visit');
    await screenshot(page, 'first-visit');
    await closePage(page);
});

test('page: restarting the ingest names who is live first, and brings them back', async () => {
    await put('one');
    await put('two');
    await put('three');
    await enable('one');
    await enable('two');
    const page = await openPage(stage.browser, stage.url);
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

test('page: what OBS must be given can be copied; its key is hidden until it is asked for', async () => {
    await put('studio');
    world.setPublishKey(publish_key);
    await eventually('the key is set', async () => (await look(stage.url, '/ingest')).obs.has_key);
    const { server } = (await look(stage.url, '/ingest')).obs;
    const page = await openPage(stage.browser, stage.url);
    await page.locator('#ingest summary').click();
    const obs = page.locator('#ingest .obs');
    await obs.getByRole('button', { name: 'Copy the server' }).click();
    await obs.getByText('Copied').waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), server);
    assert.equal(await page.getByText(publish_key).count(), 0);
    await obs.getByRole('button', { name: 'Show the stream key' }).click();
    await obs.getByText(publish_key).waitFor();
    await checkRules(page, 'the key is shown');
    await obs.getByRole('button', { name: 'Hide the stream key' }).click();
    assert.equal(await page.getByText(publish_key).count(), 0);
    await obs.getByRole('button', { name: 'Copy the stream key' }).click();
    await eventually('the key is copied', async () => await page.evaluate(() => navigator.clipboard.readText()) === publish_key);
    await closePage(page);
});

test('page: the ingest without a publisher, and down', async () => {
    await put('studio');
    await enable('studio');
    const page = await openPage(stage.browser, stage.url);
    await isLive(page, 'studio');
    await page.locator('.picture-image').waitFor();
    const first = await page.locator('.picture-image').getAttribute('src');
    await eventually('another picture', async () => await page.locator('.picture-image').getAttribute('src') !== first);
    await page.locator('#ingest').getByText(/^\d+ × \d+,/).waitFor();
    await page.locator('#ingest').getByRole('img', { name: 'Bitrate in the last 2 minutes' }).waitFor();
    world.leave();
    await hasKind(page, 'studio', 'holding');
    await page.locator('#ingest-state').filter({ hasText: 'Nobody publishes' }).waitFor();
    assert.equal(await page.locator('.picture-image').isVisible(), false, 'no old picture stays');
    await page.locator('#announcer').filter({ hasText: 'studio: Holding' }).waitFor({ state: 'attached' });
    await checkRules(page, 'nobody publishes');
    await screenshot(page, 'no-publisher');
    await world.endIngest();
    await page.locator('#ingest-state').filter({ hasText: 'Down' }).waitFor();
    await checkRules(page, 'ingest down');
    await screenshot(page, 'ingest-down');
    world.come();
    await page.getByRole('button', { name: 'Start the ingest server' }).click();
    await page.locator('#ingest-state').filter({ hasText: 'Receiving' }).waitFor();
    await isLive(page, 'studio');
    await closePage(page);
});

test('page: a publisher that hangs is silent at once, and nothing counts as live', async () => {
    await put('studio');
    await enable('studio');
    const page = await openPage(stage.browser, stage.url);
    await isLive(page, 'studio');
    await page.locator('#ingest-state').filter({ hasText: 'Receiving' }).waitFor();
    await page.locator('#summary').getByText('1 of 1 live').waitFor();
    world.hang();
    await page.locator('#ingest-state').filter({ hasText: 'Silent' }).waitFor();
    assert.equal(await page.locator('#ingest-state').getByText('Receiving').count(), 0);
    await page.locator('#ingest').getByText('A publisher is connected, and sends no picture and no sound.').waitFor();
    assert.equal(await page.locator('.picture-image').isVisible(), false, 'no old picture stays');
    await hasKind(page, 'studio', 'holding');
    await card(page, 'studio').getByText('The ingest is silent').waitFor();
    await page.locator('#summary').getByText('0 of 1 live').waitFor();
    await page.locator('#summary').getByText('Ingest silent').waitFor();
    await page.locator('#doctor .finding').filter({ hasText: 'The ingest is silent' }).waitFor();
    await checkRules(page, 'the ingest is silent');
    await screenshot(page, 'ingest-silent');
    world.goOn();
    await page.locator('#ingest-state').filter({ hasText: 'Receiving' }).waitFor();
    await isLive(page, 'studio');
    await page.locator('#ingest').getByText('A publisher is connected').waitFor({ state: 'detached' });
    await closePage(page);
});

test('page: doctor says what is wrong, and is asked again', async () => {
    await put('studio', { url: nobodyUrl });
    const page = await openPage(stage.browser, stage.url);
    await page.locator('#doctor .finding').filter({ hasText: 'studio' }).first().waitFor();
    await removeAll();
    await page.locator('.card').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Check again' }).click();
    await eventually('the finding is gone', async () => await page.locator('#doctor .finding').filter({ hasText: 'studio' }).count() === 0);
    await checkRules(page, 'doctor');
    await closePage(page);
});
