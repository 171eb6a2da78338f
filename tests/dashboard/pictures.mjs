// The pictures of docs/images, see the script beside it.
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkRules, checkWidth, closePage, launch, openPage } from './browser.mjs';
import { Scene, until } from './scene.mjs';

const [build, folder, archive] = process.argv.slice(2);
/// What the sparklines show.
const minutes_ms = 125000;
const pictures = {
    dashboard: { width: 1280, height: 900 },
    'dashboard-dark': { width: 1280, height: 900, scheme: 'dark', locale: 'fr-FR' },
    'dashboard-phone': { width: 360, height: 780, isTouched: true },
};

/// A picture of a page needs no more colours than 256, and is a third as large then.
async function shrink(from, to) {
    await promisify(execFile)('ffmpeg', ['-nostdin', '-loglevel', 'error', '-y', '-i', from, '-vf',
        'split[a][b];[a]palettegen=stats_mode=full[p];[b][p]paletteuse=dither=none', '-compression_level', '9', '-frames:v', '1', to]);
    rmSync(from);
}

const scene = new Scene(join(build, 'bin'), { archive });
let browser = null;
try {
    scene.configure();
    await scene.open();
    await scene.command('ingest', 'start');
    scene.publish();
    await scene.serve();
    await until('the ingest is live', async () => (await scene.status()).ingest.state === 'live');
    await Promise.all(['youtube', 'twitch', 'kick', 'archive'].map((name) => scene.command('enable', name)));
    browser = await launch();
    const pages = {};
    for (const [name, look] of Object.entries(pictures)) pages[name] = await openPage(browser, scene.url, look);
    await new Promise((resolve) => { setTimeout(resolve, minutes_ms); });
    await scene.command('enable', 'town-hall');
    await pages.dashboard.getByRole('button', { name: 'Check again' }).click();
    await until('it is tried again later', async () => (await scene.status()).destinations
        .some(({ name, next_retry_in_s: left }) => name === 'town-hall' && left > 4));
    for (const [name, page] of Object.entries(pages)) {
        await page.mouse.move(0, 0);
        const whole = join(folder, `${name}-whole.png`);
        // All of it; of the phone's, what two thumbs' strokes bring.
        await page.screenshot({ path: whole, fullPage: true,
            clip: name === 'dashboard-phone' ? { x: 0, y: 0, width: 360, height: 1560 } : undefined });
        await shrink(whole, join(folder, `${name}.png`));
        await checkWidth(page, name);
        await checkRules(page, name);
        await closePage(page);
    }
} finally {
    await browser?.close();
    await scene.close();
}
