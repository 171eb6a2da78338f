// The browser of the page's tests: Debian's chromium by playwright-core, and axe-core's rules. Where
// their modules are says DASHBOARD_MODULES, a folder that has a node_modules.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.env.DASHBOARD_MODULES ?? '.', 'modules.js'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const screenshots = process.env.DASHBOARD_SCREENSHOTS;
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'];
/// Longer than an enable may take.
export const deadline_ms = 25000;

/// What chromium keeps beside a profile (its reports of crashes) goes beside the modules, not into the user's home.
export const launch = () => chromium.launch({ executablePath: process.env.DASHBOARD_CHROMIUM ?? '/usr/bin/chromium', args,
    env: { ...process.env, XDG_CONFIG_HOME: join(process.env.DASHBOARD_MODULES ?? '.', 'config') } });

/// A page of its own profile, which remembers what a browser's console would show in red.
/// `expected`: a pattern of messages that the test brings about itself.
export async function openPage(browser, url, { width = 1280, height = 900, scheme = 'light', locale = 'en-US',
    expected = null, motion = 'reduce', isTouched = false } = {}) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, locale, reducedMotion: motion,
        hasTouch: isTouched, permissions: ['clipboard-read', 'clipboard-write'] });
    context.setDefaultTimeout(deadline_ms);
    // Chromium tells of most of them in the console; a page of a test's own must not miss one.
    await context.addInitScript(() => addEventListener('securitypolicyviolation',
        ({ violatedDirective, blockedURI }) => console.error(`CSP: ${violatedDirective} ${blockedURI}`)));
    const page = await context.newPage();
    page.problems = [];
    const remember = (text) => { if (expected === null || !expected.test(text)) page.problems.push(text); };
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) remember(message.text()); });
    page.on('pageerror', (error) => remember(String(error.stack ?? error)));
    await page.goto(url);
    await page.waitForSelector('body[data-link="open"]');
    return page;
}

/// Ends with the page's own verdict: nothing in the console (where violations of the CSP stand, too).
export async function closePage(page) {
    await page.context().close();
    assert.deepEqual(page.problems, []);
}

/// No rule of axe is broken by what is shown now.
export async function checkRules(page, view) {
    await page.evaluate(axe);
    const violations = await page.evaluate(async () => {
        const result = await window.axe.run(document, { resultTypes: ['violations'], preload: false,
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
        return result.violations.map(({ id, nodes }) => ({ id,
            nodes: nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary}`) }));
    });
    assert.deepEqual(violations, [], `rules of accessibility, ${view}`);
}

/// Nothing sticks out to the right.
export async function checkWidth(page, view) {
    const { content, window } = await page.evaluate(() => ({ content: document.documentElement.scrollWidth,
        window: document.documentElement.clientWidth }));
    assert.ok(content <= window, `${view}: ${content} pixels wide in a window of ${window}`);
}

/// Nothing that can be seen is cut off at a side or has to be scrolled sideways: neither the page nor anything in it.
export async function checkInside(page, view) {
    await checkWidth(page, view);
    const outside = await page.evaluate(() => {
        const { clientWidth } = document.documentElement;
        const shown = [...document.querySelectorAll('body *')].filter((each) => each.checkVisibility() && each.closest('.unseen, svg, .skip') === null &&
            !['absolute'].includes(getComputedStyle(each).position));
        const tell = (each) => `${each.tagName.toLowerCase()}.${each.className} ${(each.textContent ?? '').trim().slice(0, 40)}`;
        const sticksOut = shown.filter((each) => {
            const { left, right, width } = each.getBoundingClientRect();
            return width > 0 && (left < -0.5 || right > clientWidth + 0.5);
        });
        // A field scrolls what is typed.
        const scrolls = shown.filter((each) => !['INPUT', 'SELECT'].includes(each.tagName) && getComputedStyle(each).display !== 'inline' &&
            each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0);
        return [...sticksOut, ...scrolls].map(tell);
    });
    assert.deepEqual(outside, [], view);
}

/// Into the folder that DASHBOARD_SCREENSHOTS names, where it does.
export async function screenshot(page, name, { isWhole = true } = {}) {
    if (screenshots === undefined) return;
    mkdirSync(screenshots, { recursive: true });
    await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: isWhole });
}
