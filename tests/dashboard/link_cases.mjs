// The connection to the dashboard, and a configuration that is broken.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRules, checkWidth, closePage, openPage, screenshot } from './browser.mjs';
import { LossyProxy } from './lossy_proxy.mjs';
import { card, enable, hasKind, isLive, put, stage, theSwitch } from './stage.mjs';
import { change, isMock, world } from './world.mjs';

test('page: a lost connection is shown, and heals', async () => {
    await put('studio');
    await enable('studio');
    const proxy = new LossyProxy(stage.url);
    const page = await openPage(stage.browser, await proxy.listen(), { expected: /ERR_|Failed to load/ });
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
        await change(stage.url, 'POST', '/destinations/studio/disable');
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

test('page: a dashboard that was killed is missed, and found again when it is back', { skip: isMock }, async () => {
    await put('studio');
    await enable('studio');
    const page = await openPage(stage.browser, stage.url, { expected: /ERR_|Failed to load/ });
    await isLive(page, 'studio');
    world.killDashboard();
    await page.waitForSelector('body[data-link="lost"]');
    await page.getByText('What is live stays live', { exact: false }).waitFor();
    world.startDashboard();
    await page.waitForSelector('body[data-link="open"]');
    await isLive(page, 'studio');
    // Its token is the old one.
    await theSwitch(page, 'studio').click();
    await hasKind(page, 'studio', 'off');
    await closePage(page);
});

test('page: a token that is wrong by now brings a new page', async () => {
    await put('studio');
    const page = await openPage(stage.browser, stage.url, { expected: /status of 403/ });
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

test('page: a configuration that is broken is told, and what was known stays', async () => {
    await put('studio');
    // Who asks before it is told has a 500 for it.
    const page = await openPage(stage.browser, stage.url, { expected: /status of 500/ });
    await hasKind(page, 'studio', 'off');
    world.breakConfiguration('<b>lisen</b>');
    await page.locator('#problem').getByText('unknown field "<b>lisen</b>"', { exact: false }).waitFor();
    assert.equal(await page.locator('main b, #problem b').count(), 0, 'text of the server is text');
    await page.locator('#problem').getByText(/restream\.toml, line 2, column 1:/).waitFor();
    await card(page, 'studio').waitFor();
    await checkRules(page, 'broken configuration');
    await screenshot(page, 'broken-configuration');
    await world.reset();
    await page.locator('#problem').waitFor({ state: 'hidden' });
    await card(page, 'studio').waitFor();
    await closePage(page);
});
