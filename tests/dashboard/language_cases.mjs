// English and French: the page's own words, and what the server tells by a code.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRules, closePage, openPage, screenshot } from './browser.mjs';
import { card, dialog, enable, hasKind, put, stage } from './stage.mjs';
import { isMock, refusingUrl, world } from './world.mjs';

const openFrench = (options = {}) => openPage(stage.browser, stage.url, { locale: 'fr-FR', ...options });
/// All that is said to be English, each once.
const englishIn = (page) => page.evaluate(() => [...new Set([...document.querySelectorAll('#main [lang=en], .notice [lang=en], #problem [lang=en]')]
    .filter((each) => each.checkVisibility() && each.textContent !== '').map((each) => each.textContent.trim()))].sort());
const plain = (text) => text.replace(/[\u00a0\u202f]/g, ' ');
const textOf = async (locator) => plain(await locator.textContent());

test('page: English and French; the browser decides, and the switch changes it for good', async () => {
    await put('studio', { url: refusingUrl, key: 'bad-key' });
    await enable('studio');
    const page = await openPage(stage.browser, stage.url, { locale: 'fr-FR' });
    assert.equal(await page.locator('html').getAttribute('lang'), 'fr');
    await page.getByRole('button', { name: 'Ajouter une destination' }).waitFor();
    await card(page, 'studio').getByText('clé de stream', { exact: false }).first().waitFor();
    await checkRules(page, 'French');
    await screenshot(page, 'french');
    await page.locator('#add').click();
    await checkRules(page, 'a form in French');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'English' }).click();
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    await page.getByRole('button', { name: 'Add a destination' }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Add a destination' }).waitFor();
    await closePage(page);
});

test('page: the two languages have the same words, with the same places in them', async () => {
    const page = await openPage(stage.browser, stage.url);
    const differences = await page.evaluate(async () => {
        const [english, french, reasons] = await Promise.all(['words_en', 'words_fr', 'reasons_fr'].map(async (name) =>
            (await import(`/assets/${name}.js`)).default));
        const places = (words) => (words.match(/\{\w+\}/g) ?? []).sort().join();
        const keys = new Set([...Object.keys(english), ...Object.keys(french)]);
        const bad = [...keys].filter((key) => !(key in english) || !(key in french) || places(english[key]) !== places(french[key]));
        return [...bad, ...Object.keys(reasons).filter((code) => !reasons[code].message)];
    });
    assert.deepEqual(differences, []);
    await closePage(page);
});

test('page: doctor speaks French, and what the system said stays marked as English', { skip: !isMock }, async () => {
    await put('studio', { url: 'rtmp://unreachable.example.org/live' });
    const page = await openFrench();
    const finding = page.locator('#doctor .finding').filter({ hasText: 'studio' }).first();
    await finding.waitFor();
    assert.match(await textOf(finding), /studio : le nom unreachable\.example\.org est introuvable/);
    assert.match(await textOf(finding.locator('.remedy')), /^Vérifiez l’hôte de l’URL/);
    assert.equal(await finding.locator('[lang=en]').count(), 1, 'the system’s words only');
    assert.equal(await finding.locator('.hint [lang=en]').textContent(), 'Name or service not known');
    await page.locator('#doctor summary').click();
    await checkRules(page, 'doctor in French');
    await screenshot(page, 'doctor-french');
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByText('studio: no address for unreachable.example.org').waitFor();
    await closePage(page);
});

/// What each kind of value becomes.
const told = [
    [{ code: 'config_valid', message: 'valid, 1 destination', values: { count: 1 } }, 'La configuration est valable : 1 destination'],
    [{ code: 'config_valid', message: 'valid, 0 destinations', values: { count: 0 } }, 'La configuration est valable : 0 destination'],
    [{ code: 'files_left_over', message: '3 temporary files are left over', values: { count: 3 } }, '3 fichiers temporaires sont restés'],
    [{ code: 'relay_runs', message: 'a: live', values: { relay: 'a', destination: 'a', state: 'live' } }, 'a : en direct'],
    [{ code: 'relay_runs', message: 'a (backup): holding', values: { relay: 'a+backup', destination: 'a', state: 'holding' } },
        'a (secours) : maintenue'],
    [{ code: 'ingest_server_differs', message: 'x', values: { running: 'embedded', configured: 'nginx' } },
        'Pour l’instant, le serveur de restream tourne, mais restream.toml demande nginx'],
    [{ code: 'presets_new', message: 'x', values: { date: '2026-01-31' } }, 'Les réglages des plateformes datent du 31 janvier 2026'],
    [{ code: 'ffmpeg_incomplete', message: 'x', values: { version: '5.1', missing: ['flv', 'mp4'] } }, 'Il manque à FFmpeg 5.1 : flv et mp4'],
    [{ code: 'config_invalid', message: 'x', values: { problem: 'x.toml:1: {count}' } }, 'La configuration est défectueuse : x.toml:1: {count}'],
    // What the page does not know yet, and what an older server does not tell.
    [{ code: 'of_tomorrow', message: 'something new', values: {} }, 'Something new'],
    [{ code: 'state_writable', message: '/x is writable', values: {} }, '/x is writable'],
    [{ message: 'the ingest server is down' }, 'The ingest server is down'],
    [{ code: 'constructor', message: 'nothing', values: {} }, 'Nothing'],
];

test('page: each kind of value is said in French; what the page does not know, in the server’s words', async () => {
    const page = await openFrench();
    const said = await page.evaluate(async (findings) => {
        const { findingPieces, wordsOf } = await import('/assets/sentences.js');
        return findings.map((each) => wordsOf(findingPieces({ cause: '', remedy: '', ...each }).message));
    }, told.map(([finding]) => finding));
    assert.deepEqual(said.map(plain), told.map(([, words]) => words));
    const behind = await page.evaluate(async () => {
        const { findingPieces, wordsOf } = await import('/assets/sentences.js');
        const { cause } = findingPieces({ code: 'relay_falls_behind', message: '', values: { relay: 'a', waiting_s: 2.3, dropped: 1200 } });
        return wordsOf(cause);
    });
    assert.match(plain(behind), /attend 2,3 s .* 1 200\.$/);
    await closePage(page);
});

test('page: a relay in trouble has the reason’s words in doctor, too', async () => {
    const page = await openFrench();
    const said = await page.evaluate(async () => {
        const { findingPieces } = await import('/assets/sentences.js');
        return findingPieces({ code: 'relay_rejected', message: 'a: rejected', cause: 'x', remedy: 'y', values: { relay: 'a', destination: 'a',
            reason: 'publish_refused', message: 'the server refused the stream key (NetStream.Publish.BadName)', remedy: 'y' } });
    });
    assert.deepEqual(said.cause, [{ text: 'Le serveur a refusé la clé de stream', lang: null }, { text: ' ', lang: null },
        { text: '(NetStream.Publish.BadName)', lang: 'en' }]);
    assert.match(said.remedy[0].text, /^Copiez une nouvelle clé/);
    await closePage(page);
});

test('page: the ingest’s trouble and who was refused are said in French', { skip: !isMock }, async () => {
    world.leave();
    Object.assign(world.world, {
        trouble: { code: 'publisher_refused_by_key', message: 'nobody publishes, and somebody was refused 14 s ago: wrong stream key',
            remedy: 'OBS\'s Stream Key must be …', values: { ago_s: 14, refusal: 'wrong_key', publisher: '192.168.1.9' } },
        refusals: [{ wish: 'publish', when: new Date().toISOString(), address: '192.168.1.9', software: '', code: 'wrong_key',
            problem: 'wrong stream key', times: 1 }],
        cutOffs: [{ role: 'publisher', when: new Date().toISOString(), address: '192.168.1.8', software: 'x', code: 'bad_rtmp',
            problem: 'sent bytes that are not valid RTMP: x', times: 2 },
        { role: 'stranger', when: new Date().toISOString(), address: '192.168.1.7', software: '', code: 'http',
            problem: 'spoke HTTP', times: 1 }],
    });
    const page = await openFrench();
    await page.locator('#ingest .reason-message').waitFor();
    assert.equal(await textOf(page.locator('#ingest .reason-message')),
        'Personne n’émet, et quelqu’un a été refusé il y a 14 s : mauvaise clé de stream');
    await page.locator('#ingest .refusals').getByText('mauvaise clé de stream').waitFor();
    await page.locator('#ingest .refusals').getByText('a envoyé des octets qui ne sont pas du RTMP valide').waitFor();
    // A stranger that speaks HTTP is a scanner: no news on the page.
    assert.equal(await page.locator('#ingest .refusals').getByText('192.168.1.7').count(), 0);
    assert.deepEqual(await englishIn(page), []);
    await checkRules(page, 'trouble in French');
    await closePage(page);
});

test('page: errors and what became of commands are said in French, with the server’s details marked', { skip: !isMock }, async () => {
    await put('studio');
    await enable('studio');
    const page = await openFrench({ expected: /400|409/ });
    await card(page, 'studio').waitFor();
    await page.locator('#add').click();
    await dialog(page).getByLabel('Plateforme').selectOption('');
    await dialog(page).getByLabel('URL', { exact: true }).fill('rtmp://invalid.example/live');
    await page.keyboard.press('Enter');
    const refused = dialog(page).getByRole('alert').filter({ hasText: 'pas acceptés' });
    await refused.waitFor();
    assert.equal(await refused.locator('[lang=en]').textContent(), 'url: the host invalid.example is not one');
    await dialog(page).getByLabel('URL', { exact: true }).fill('rtmp://unwritable.example/live');
    await page.keyboard.press('Enter');
    const failed = dialog(page).getByRole('alert').filter({ hasText: 'the disk is full' });
    await failed.waitFor();
    assert.match(await textOf(failed.locator('.remedy')), /^Le diagnostic trouve/);
    await page.keyboard.press('Escape');
    world.world.failedStop = { schema: 1, exit_status: 5, messages: ['studio: it did not end'], destinations: [
        { name: 'studio', outcome: 'refused', was_running: true, reason: { code: 'not_stopped', message: 'it did not end', remedy: '' } }] };
    await page.locator('#more-actions summary').click();
    await page.locator('#stop-all').click();
    await dialog(page).getByRole('button', { name: 'Tout arrêter' }).click();
    const left = page.getByRole('alert').filter({ hasText: 'Tout n’a pas été arrêté' });
    await left.waitFor();
    assert.match(await textOf(left), /studio : La destination n’a pas pu être arrêtée \(it did not end\)/);
    assert.equal(await left.locator('[lang=en]').textContent(), '(it did not end)');
    await closePage(page);
});

test('page: a broken configuration is told in French, with file, line and column', async () => {
    // Who asks for the configured destinations before it is told has a 500 for it.
    const page = await openFrench({ expected: /status of 500/ });
    world.breakConfiguration('serve');
    const bar = page.locator('#problem');
    await bar.getByText('La configuration est défectueuse.').waitFor();
    await bar.getByText(/restream\.toml, ligne 2, colonne 1/).waitFor();
    await bar.getByText('Ce qui tourne continue.', { exact: false }).waitFor();
    assert.match(await bar.locator('[lang=en]').textContent(), /^unknown field "serve"/);
    await closePage(page);
});

test('page: of a destination in trouble, only what the other side said stays English', { skip: !isMock }, async () => {
    await put('studio', { url: refusingUrl, key: 'bad-key' });
    await put('second', { url: 'rtmp://unreachable.example.org/live' });
    await enable('studio');
    await enable('second');
    const page = await openFrench();
    await page.locator('#doctor .finding').filter({ hasText: 'second' }).first().waitFor();
    await hasKind(page, 'second', 'backoff');
    assert.deepEqual(await englishIn(page), ['(NetStream.Publish.BadName)', 'Name or service not known']);
    await card(page, 'studio').getByRole('button', { name: /^Journal/ }).click();
    await dialog(page).locator('pre[lang=en]').waitFor();
    await checkRules(page, 'a log in French');
    await closePage(page);
});

test('page: the platforms’ notes are French', async () => {
    const page = await openFrench();
    // The platforms are known.
    await page.getByRole('button', { name: 'Facebook Live' }).waitFor();
    await page.locator('#add').click();
    await dialog(page).getByLabel('Plateforme').selectOption('facebook');
    await dialog(page).getByText('RTMPS seulement').waitFor();
    assert.equal(await dialog(page).locator('[lang=en]').count(), 0);
    await closePage(page);
});
