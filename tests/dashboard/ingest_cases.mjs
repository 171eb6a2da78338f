// The ingest: what OBS must be given, whether it comes, its server; and doctor.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRules, closePage, openPage, screenshot } from './browser.mjs';
import { card, closed, dialog, enable, hasKind, isLive, put, stage } from './stage.mjs';
import { eventually, isMock, look, nobodyUrl, removeAll, world } from './world.mjs';

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
    // Who asks for the picture just before it is gone has a 404 for it.
    const page = await openPage(stage.browser, stage.url, { expected: /status of 404/ });
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
    // As above.
    const page = await openPage(stage.browser, stage.url, { expected: /status of 404/ });
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

test('page: doctor’s remedies are buttons, which do what the command does', async () => {
    await put('studio');
    const page = await openPage(stage.browser, stage.url);
    await hasKind(page, 'studio', 'off');
    await world.endIngest();
    const finding = page.locator('#doctor .finding').filter({ hasText: 'The ingest server is down' });
    await finding.locator('code').filter({ hasText: 'restream ingest start' }).waitFor();
    await checkRules(page, 'a remedy');
    await screenshot(page, 'remedy');
    await finding.getByRole('button', { name: 'Copy the command' }).click();
    await eventually('the command is copied', async () => await page.evaluate(() => navigator.clipboard.readText()) === 'restream ingest start');
    await finding.getByRole('button', { name: 'Start the server' }).click();
    await page.locator('#ingest-state').filter({ hasText: 'Receiving' }).waitFor();
    await finding.waitFor({ state: 'detached' });
    await closePage(page);
});

const finding = (code, values, remedy, action, more = {}) =>
    ({ severity: 'failure', area: 'relays', code, message: `${values.destination ?? 'it'}: ${code}`, remedy, values, action, ...more });

test('page: a remedy that interrupts what is live asks first', { skip: !isMock }, async () => {
    await put('studio');
    await put('second');
    await put('third');
    for (const name of ['studio', 'second']) await enable(name);
    world.world.moreFindings = [
        finding('relay_without_record', { relay: 'studio', destination: 'studio' }, 'run \'restream restart studio\'', { command: 'restart', names: ['studio'] }),
        finding('relay_not_wanted', { relay: 'second', destination: 'second' }, 'run \'restream disable second\'', { command: 'disable', names: ['second'] }),
        finding('ingest_server_differs', { running: 'nginx', configured: 'embedded' }, 'run \'restream ingest restart\'', { command: 'ingest restart', names: [] }),
        finding('relay_was_stopped', { relay: 'third', destination: 'third' }, 'run \'restream enable third\'', { command: 'enable', names: ['third'] }),
        finding('relay_rejected', { relay: 'third', destination: 'third' }, 'run \'restream key third\'', { command: 'key', names: ['third'] }),
        finding('files_left_over', { count: 3 }, 'run \'restream doctor --fix\'', { command: 'doctor --fix', names: [] }, { isMended: true }),
        // What this page does not know yet, and whom it does not know, have no button.
        finding('relay_never_started', { relay: 'third', destination: 'third' }, 'run \'restream dance third\'', { command: 'dance', names: ['third'] }),
        finding('wish_not_configured', { destination: 'nobody' }, 'run \'restream restart nobody\'', { command: 'restart', names: ['nobody'] }),
    ];
    const page = await openPage(stage.browser, stage.url);
    await isLive(page, 'studio');
    await isLive(page, 'second');
    const press = (name) => page.locator('#doctor').getByRole('button', { name, exact: true }).click();
    await press('Restart studio');
    await dialog(page).getByText('Its viewers are interrupted', { exact: false }).waitFor();
    await page.keyboard.press('Escape');
    await closed(page);
    await press('Restart the ingest server');
    await dialog(page).getByText('2 destinations are live and will be interrupted: second and studio.').waitFor();
    await page.keyboard.press('Escape');
    await closed(page);
    await press('Switch second off');
    await dialog(page).getByText('1 destination is live; its viewers are cut off: second.').waitFor();
    await checkRules(page, 'a remedy that interrupts');
    await dialog(page).getByRole('button', { name: 'Switch second off' }).click();
    await hasKind(page, 'second', 'off');
    await page.locator('.notice').filter({ hasText: 'second was switched off.' }).getByRole('button', { name: 'Undo' }).waitFor();
    await press('Switch third on');
    await isLive(page, 'third');
    await press('Enter a key for third');
    await dialog(page).getByLabel('Stream key').waitFor();
    await page.keyboard.press('Escape');
    await closed(page);
    await press('Fix it');
    await page.locator('#doctor .finding:visible').filter({ hasText: 'files_left_over' }).waitFor({ state: 'detached' });
    assert.equal(await page.locator('#doctor [data-command="restream dance third"], #doctor [data-command="restream restart nobody"]').count(), 0);
    await isLive(page, 'studio');
    await closePage(page);
});

test('page: a remedy that explains or adds is a dialog', { skip: !isMock }, async () => {
    await put('studio');
    world.world.incidents = [[600, 540, ['studio'], 'the server closed the connection; the other destinations were steady', 'ask that platform'],
        [60, null, ['second'], 'something else', null]];
    world.world.moreFindings = [
        finding('relay_falls_behind', { relay: 'studio', destination: 'studio', waiting_s: 2, dropped: 3 },
            'run \'restream explain studio\': it tells whether it is the uplink or that platform', { command: 'explain', names: ['studio'] }),
        finding('relay_backoff', { relay: 'studio', destination: 'studio' }, 'see \'restream logs studio\'', { command: 'logs', names: ['studio'] }),
        finding('config_empty', {}, 'run \'restream add NAME --service ID\'', { command: 'add', names: [] }),
    ];
    const page = await openPage(stage.browser, stage.url);
    const press = (name) => page.locator('#doctor').getByRole('button', { name, exact: true }).click();
    await press('Explain studio');
    await dialog(page).getByText('The server closed the connection; the other destinations were steady.').waitFor();
    await dialog(page).getByText('for 1:00', { exact: false }).waitFor();
    assert.equal(await dialog(page).getByRole('listitem').count(), 1, 'what others were affected by is not its');
    await checkRules(page, 'an explanation');
    await screenshot(page, 'explanation', { isWhole: false });
    await page.keyboard.press('Escape');
    await closed(page);
    await press('Log of studio');
    await page.getByRole('region', { name: 'Lines of the log' }).waitFor();
    await page.keyboard.press('Escape');
    await closed(page);
    await press('Add a destination');
    await dialog(page).getByLabel('Platform').waitFor();
    await closePage(page);
});

test('page: a publisher that hangs is silent at once, and nothing counts as live', async () => {
    await put('studio');
    await enable('studio');
    // Who asks for the picture before the silence is told has a 404 for it.
    const page = await openPage(stage.browser, stage.url, { expected: /status of 404/ });
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
