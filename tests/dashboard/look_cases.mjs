// Widths, light and dark, and the keyboard.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRules, checkWidth, closePage, openPage, screenshot } from './browser.mjs';
import { card, closed, dialog, enable, hasKind, isLive, put, stage, theSwitch } from './stage.mjs';
import { refusingUrl } from './world.mjs';

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
