// Widths, light and dark, and the keyboard.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkInside, checkRules, checkWidth, closePage, openPage, screenshot } from './browser.mjs';
import { card, closed, dialog, enable, hasKind, isLive, put, stage, theSwitch } from './stage.mjs';
import { isMock, refusingUrl } from './world.mjs';

for (const scheme of ['light', 'dark']) {
    test(`page: many destinations, ${scheme}, from a phone to a wide screen`, async () => {
        for (let i = 0; i < 20; i += 1) await put(`destination-${String(i).padStart(2, '0')}`, i === 3 ? { url: refusingUrl, key: 'bad-key' } : {});
        await put('a-very-long-name-of-32-letters-x', { url: 'rtmps://a-really-quite-long-host-name.eu-central-1.live-video.example.net:443/app' });
        for (const i of [0, 3, 4, 7]) await enable(`destination-0${i}`);
        for (const [width, height] of [[360, 740], [800, 1000], [1280, 900], [1920, 1080]]) {
            const page = await openPage(stage.browser, stage.url, { width, height, scheme, isTouched: width === 360,
                locale: scheme === 'dark' ? 'fr-FR' : 'en-US' });
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

/// Names and URLs that do not break of their own.
const long_name = 'a-very-long-name-of-32-letters-x';
const long_url = `rtmps://${'really-quite-long-host-name.'.repeat(3)}live-video.example.net:443/app`;

for (const locale of ['en-US', 'fr-FR']) {
    test(`page: nothing sticks out of a small window, ${locale}`, { skip: !isMock }, async () => {
        await put(long_name, { url: long_url });
        await put('refused', { url: refusingUrl, key: 'bad-key' });
        await put('studio');
        for (const name of ['refused', 'studio']) await enable(name);
        for (const width of [280, 300, 320, 360]) {
            const page = await openPage(stage.browser, stage.url, { width, height: 640, locale, isTouched: true });
            const view = (what) => `${what}, ${width} pixels, ${locale}`;
            await isLive(page, 'studio');
            await page.locator('#doctor summary').waitFor();
            await checkInside(page, view('the page'));
            await screenshot(page, `small-${width}-${locale.slice(0, 2)}`);
            for (const summary of await page.locator('main details > summary:visible').all()) await summary.click();
            await checkInside(page, view('all is open'));
            await page.keyboard.press('Escape');
            const openers = { adding: page.locator('#add'), 'going live': page.locator('#go-live'), ending: page.locator('#end-all'),
                removing: card(page, long_name).locator('[data-action=remove]'), editing: card(page, long_name).locator('[data-action=edit]'),
                restarting: card(page, 'studio').locator('[data-action=restart]'), 'the log': card(page, 'studio').locator('[data-action=log]'),
                'a new key': card(page, 'refused').locator('[data-action=key]'), reloading: page.locator('[data-action=ingest-reload]') };
            for (const [what, opener] of Object.entries(openers)) {
                await opener.click();
                await dialog(page).waitFor();
                for (const summary of await dialog(page).locator('summary').all()) await summary.click();
                await checkInside(page, view(what));
                await page.keyboard.press('Escape');
                await closed(page);
            }
            await theSwitch(page, 'studio').click();
            await page.locator('.notice').waitFor();
            await checkInside(page, view('a notice'));
            await theSwitch(page, 'studio').click();
            await isLive(page, 'studio');
            await closePage(page);
        }
    });
}

test('page: everything can be done by keyboard', async () => {
    await put('studio');
    const page = await openPage(stage.browser, stage.url);
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
