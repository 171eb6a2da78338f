// A shape for each kind of state, so that none is told by colour alone.
import { svg } from './dom.js';

const stroke = { fill: 'none', stroke: 'currentColor', 'stroke-width': 2, 'stroke-linecap': 'round',
    'stroke-linejoin': 'round' };

const shapes = {
    live: () => [svg('circle', { cx: 8, cy: 8, r: 5.5, fill: 'currentColor' })],
    settling: () => [svg('circle', { ...stroke, cx: 8, cy: 8, r: 6 }),
        svg('circle', { cx: 8, cy: 8, r: 3, fill: 'currentColor' })],
    busy: () => [svg('circle', { ...stroke, cx: 8, cy: 8, r: 6, opacity: 0.3 }),
        svg('path', { ...stroke, d: 'M8 2a6 6 0 0 1 6 6' })],
    waiting: () => [svg('circle', { ...stroke, cx: 8, cy: 8, r: 6 }),
        svg('path', { ...stroke, d: 'M8 4.8V8l2.2 1.6' })],
    holding: () => [svg('path', { ...stroke, 'stroke-width': 2.6, d: 'M5.5 3.5v9M10.5 3.5v9' })],
    retrying: () => [svg('path', { ...stroke, d: 'M13.5 8A5.5 5.5 0 1 1 11.4 3.7' }),
        svg('path', { ...stroke, d: 'M8.6 4.2l3 -.4l-.2 -3' })],
    trouble: () => [svg('path', { ...stroke, d: 'M8 2.2l6.4 11.3H1.6z' }),
        svg('path', { ...stroke, d: 'M8 6.8v2.8M8 11.6v.1' })],
    off: () => [svg('circle', { ...stroke, cx: 8, cy: 8, r: 6 })],
    stopped: () => [svg('rect', { ...stroke, x: 3, y: 3, width: 10, height: 10, rx: 1.5 })],
    ok: () => [svg('path', { ...stroke, d: 'M2.8 8.6l3.4 3.4l7 -7.6' })],
    close: () => [svg('path', { ...stroke, d: 'M3.5 3.5l9 9M12.5 3.5l-9 9' })],
};

export function icon(name) {
    return svg('svg', { class: `icon icon-${name}`, viewBox: '0 0 16 16', 'aria-hidden': 'true',
        focusable: 'false' }, ...shapes[name]());
}
