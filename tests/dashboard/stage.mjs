// What every test of the page begins with: the world, a browser, and short words for what is on the page.
import { after, before, beforeEach } from 'node:test';
import { launch } from './browser.mjs';
import { change, goodUrl, removeAll, world } from './world.mjs';

export const stage = { browser: null, url: null };

/// To be called once, before the first test.
export function prepare() {
    before(async () => {
        await world.start();
        stage.url = world.url;
        stage.browser = await launch();
    });
    after(async () => {
        await stage.browser?.close();
        if (stage.url !== null) await removeAll();
        await world.end();
    });
    beforeEach(removeAll);
}

export const card = (page, name) => page.locator(`.card[data-name="${name}"]`);
export const theSwitch = (page, name) => card(page, name).getByRole('switch');
export const dialog = (page) => page.getByRole('dialog');
export const closed = (page) => page.waitForSelector('dialog', { state: 'detached' });
export const hasKind = (page, name, kind) => page.waitForSelector(`.card[data-name="${name}"][data-kind="${kind}"]`);
export const isLive = (page, name) => page.waitForSelector(`.card[data-name="${name}"][data-tone="live"]`);
export const put = (name, members = {}) =>
    change(stage.url, 'PUT', `/destinations/${name}`, { url: goodUrl, key: `good-key-${name}`, ...members });
export const enable = (name) => change(stage.url, 'POST', `/destinations/${name}/enable`);
