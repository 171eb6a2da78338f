// The last changes: who made them; and a page that is not let in any more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRules, checkWidth, closePage, openPage, screenshot } from './browser.mjs';
import { hasKind, put, stage, theSwitch } from './stage.mjs';
import { change, isMock, world } from './world.mjs';

const changes = (page) => page.locator('#changes');
const row = (page, what) => changes(page).getByRole('listitem').filter({ hasText: what });

test('page: the last changes are shown when they are asked for, the newest first', async () => {
    await put('studio');
    const page = await openPage(stage.browser, stage.url);
    await hasKind(page, 'studio', 'off');
    assert.equal(await changes(page).getByRole('listitem').count(), 0, 'nobody has asked yet');
    const asked = page.waitForRequest('**/api/v1/audit?limit=30');
    await changes(page).locator('summary').click();
    await asked;
    await row(page, 'add studio').first().waitFor();
    assert.match(await row(page, 'add studio').first().textContent(), /done.* · .* · token/);
    await theSwitch(page, 'studio').click();
    // The newest is on top.
    await changes(page).getByRole('listitem').first().filter({ hasText: 'enable studio' }).waitFor();
    await checkRules(page, 'the last changes');
    await checkWidth(page, 'the last changes');
    await screenshot(page, 'changes');
    // One that was refused says so. The log outlives what earlier tests did.
    const refused = row(page, 'change studio').filter({ hasText: 'not done: invalid' });
    const before = await refused.count();
    await change(stage.url, 'PUT', '/destinations/studio', { key: 'a b' }).catch(() => {});
    await change(stage.url, 'PUT', '/destinations/studio', { url: 'rtmp://invalid.example/a b' }).catch(() => {});
    await refused.nth(before).waitFor();
    // Folded away, nothing is asked for.
    await changes(page).locator('summary').click();
    assert.equal(await changes(page).getByRole('list').isVisible(), false);
    await closePage(page);
});

test('page: the last changes in French; what is hostile is text', { skip: !isMock }, async () => {
    world.world.changes.push({ at: new Date().toISOString(), way: 'none', uid: null, user: null, address: '<b>192.168.1.9</b>',
        what: '<img src=x onerror=alert(1)>', result: '<b>password</b>' });
    world.world.changes.push({ at: new Date().toISOString(), way: 'command_line', uid: 1000, user: null, address: null, what: 'stop', result: 'ok' });
    const page = await openPage(stage.browser, stage.url, { locale: 'fr-FR' });
    await changes(page).getByText('Derniers changements').click();
    await row(page, 'stop').waitFor();
    assert.match(await row(page, 'stop').textContent(), /fait.* · utilisateur 1000 · ligne de commande/);
    assert.match(await row(page, 'onerror').textContent(), /<img src=x onerror=alert\(1\)> pas fait : <b>password<\/b>.* · <b>192\.168\.1\.9<\/b> · pas admis/);
    assert.equal(await changes(page).locator('img, b').count(), 0);
    assert.equal(await row(page, 'stop').locator('[lang=en]').textContent(), 'stop');
    await checkRules(page, 'the last changes in French');
    await screenshot(page, 'changes-french');
    await page.getByRole('button', { name: 'English' }).click();
    assert.match(await row(page, 'stop').textContent(), /done.* · user 1000 · command line/);
    await closePage(page);
});

test('page: where nothing was changed yet, it says so', { skip: !isMock }, async () => {
    const page = await openPage(stage.browser, stage.url);
    world.world.changes = [];
    await changes(page).locator('summary').click();
    await changes(page).getByText('Nothing has been changed yet.').waitFor();
    await closePage(page);
});

test('page: whoever is not let in any more is told so, and not that the dashboard does not answer', { skip: !isMock }, async () => {
    await put('studio');
    const page = await openPage(stage.browser, stage.url, { expected: /status of 403|ERR_/ });
    await hasKind(page, 'studio', 'off');
    const again = page.waitForEvent('load');
    world.shut();
    await again;
    await page.getByText('this dashboard is only for the user who started it', { exact: false }).waitFor();
    world.world.isShut = false;
    await closePage(page);
});
