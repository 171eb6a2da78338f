// The bitrate of the last two minutes, as a line. Its history lives in the page only.
import { set, svg } from './dom.js';
import { number, t } from './words.js';

const span_s = 120;
/// What a young line is as wide as: it grows to the whole span.
const least_span_s = 30;
const width = 120;
const height = 32;
/// Samples further apart are not joined: nobody knows what was between.
const gap_s = 4;
/// How often the words for it change.
const words_ms = 5000;

export class Sparkline {
    constructor() {
        this.samples = [];
        this.area = svg('path', { class: 'chart-area' });
        this.line = svg('path', { class: 'chart-line', 'vector-effect': 'non-scaling-stroke' });
        this.drops = svg('path', { class: 'chart-drops', 'vector-effect': 'non-scaling-stroke' });
        this.node = svg('svg', { class: 'chart', role: 'img', viewBox: `0 0 ${width} ${height}`,
            preserveAspectRatio: 'none', 'aria-label': t('chart_none') }, this.area, this.line, this.drops);
        this.wordsAt = 0;
    }

    /// `kbps`: null where nothing flows. `isDropping`: something was left out since the last sample.
    add(kbps, isDropping = false) {
        const now = Date.now() / 1000;
        const last = this.samples.at(-1);
        if (last !== undefined && now - last.at < 0.9) return;
        this.samples.push({ at: now, kbps, isDropping });
        while (this.samples[0].at < now - span_s - gap_s) this.samples.shift();
        this.#draw(now);
    }

    /// After a change of language.
    refreshWords() {
        this.wordsAt = 0;
    }

    #draw(now) {
        const known = this.samples.filter((each) => each.kbps !== null);
        const top = Math.max(100, ...known.map((each) => each.kbps)) * 1.15;
        const span = Math.min(span_s, Math.max(least_span_s, now - (known[0]?.at ?? now)));
        const x = (sample) => width * (1 - (now - sample.at) / span);
        const y = (sample) => height - 1 - (height - 2) * (sample.kbps / top);
        let line = '';
        let area = '';
        for (const run of runs(this.samples)) {
            const points = run.map((sample) => `${x(sample).toFixed(2)} ${y(sample).toFixed(2)}`);
            // One alone is no line.
            if (points.length === 1) continue;
            line += `M${points.join('L')}`;
            area += `M${x(run[0]).toFixed(2)} ${height}L${points.join('L')}L${x(run.at(-1)).toFixed(2)} ${height}Z`;
        }
        set(this.line, 'd', line);
        set(this.area, 'd', area);
        set(this.drops, 'd', this.samples.filter((each) => each.isDropping)
            .map((sample) => `M${x(sample).toFixed(2)} ${height}v-6`).join(''));
        this.#describe(known);
    }

    #describe(known) {
        if (Date.now() - this.wordsAt < words_ms) return;
        this.wordsAt = Date.now();
        const rates = known.map((each) => each.kbps);
        const kbps = (value) => t('kbps', { n: number(value) });
        set(this.node, 'aria-label', rates.length === 0 ? t('chart_none') : t('chart',
            { now: kbps(rates.at(-1)), low: kbps(Math.min(...rates)), high: kbps(Math.max(...rates)) }));
    }
}

/// The samples that can be joined, each run by itself.
function runs(samples) {
    const found = [];
    let last = null;
    for (const sample of samples) {
        if (sample.kbps === null) {
            last = null;
            continue;
        }
        if (last === null || sample.at - last.at > gap_s) found.push([]);
        found.at(-1).push(sample);
        last = sample;
    }
    return found;
}
