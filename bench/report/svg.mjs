/**
 * @typedef {{ title: string, colour: string, points: [x: number, y: number][] }} Line
 * @typedef {object} Panel
 * @property {string} title
 * @property {string} unit
 * @property {Line[]} lines
 * @property {number} from where the logarithmic y axis begins
 */

const WIDTH = 460;
const HEIGHT = 300;
const MARGIN = { left: 56, right: 16, top: 40, bottom: 44 };
const PLOT = {
  width: WIDTH - MARGIN.left - MARGIN.right,
  height: HEIGHT - MARGIN.top - MARGIN.bottom,
};
const LEGEND_HEIGHT = 28;

/**
 * Panels side by side over the number of streams, as one SVG without scripts or fonts of its own.
 *
 * @param {Panel[]} panels
 */
export function plot(panels) {
  const width = WIDTH * panels.length;
  const height = HEIGHT + LEGEND_HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="#333">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...panels.map(
      (panel, index) => `<g transform="translate(${index * WIDTH} 0)">${draw(panel)}</g>`,
    ),
    legend(panels[0]?.lines ?? [], width),
    '</svg>\n',
  ].join('\n');
}

/** @param {Panel} panel */
function draw({ title, unit, lines, from }) {
  const points = lines.flatMap((line) => line.points);
  const right = Math.max(1, ...points.map(([x]) => x));
  const top = Math.max(10 * from, ...points.map(([, y]) => y));
  const share = (/** @type {number} */ value) =>
    Math.log(Math.max(value, from) / from) / Math.log(top / from);
  const x = (/** @type {number} */ value) => MARGIN.left + (value / right) * PLOT.width;
  const y = (/** @type {number} */ value) => MARGIN.top + (1 - share(value)) * PLOT.height;
  return [
    text(MARGIN.left, 20, `${title}, ${unit}`, 'start', 14),
    ...ticks(from, top).map((tick) => rule(y(tick), String(tick))),
    ...linearTicks(right).map((tick) => text(x(tick), HEIGHT - 24, String(tick), 'middle')),
    text(MARGIN.left + PLOT.width / 2, HEIGHT - 6, 'streams at once', 'middle'),
    ...lines.map((line) => path(line, x, y)),
  ].join('');
}

/** 1, 2 and 5 times the powers of ten. @param {number} from @param {number} to */
function ticks(from, to) {
  return [1, 10, 100, 1000, 10_000]
    .flatMap((power) => [power, 2 * power, 5 * power])
    .filter((tick) => tick >= from && tick <= to);
}

/** @param {number} top */
function linearTicks(top) {
  return [0, 0.2, 0.4, 0.6, 0.8, 1].map((share) => Math.round(share * top));
}

/** @param {number} y @param {string} label */
function rule(y, label) {
  const end = WIDTH - MARGIN.right;
  const line = `<line x1="${MARGIN.left}" x2="${end}" y1="${round(y)}" y2="${round(y)}" stroke="#ddd"/>`;
  return line + text(MARGIN.left - 6, y + 4, label, 'end');
}

/** @param {Line} line @param {(value: number) => number} x @param {(value: number) => number} y */
function path({ points, colour }, x, y) {
  const places = points.map(([at, value]) => `${round(x(at))},${round(y(value))}`);
  const dots = places.map((place) => {
    const [cx, cy] = place.split(',');
    return `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`;
  });
  const line = `<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`;
  return line + dots.join('');
}

/** @param {Line[]} lines @param {number} width */
function legend(lines, width) {
  const step = Math.min(200, width / Math.max(1, lines.length));
  return lines
    .map(({ title, colour }, index) => {
      const x = MARGIN.left + index * step;
      const swatch = `<rect x="${x}" y="${HEIGHT + 4}" width="12" height="12" fill="${colour}"/>`;
      return swatch + text(x + 18, HEIGHT + 14, title, 'start');
    })
    .join('');
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} content
 * @param {'start' | 'middle' | 'end'} anchor
 * @param {number} [size]
 */
function text(x, y, content, anchor, size) {
  const font = size === undefined ? '' : ` font-size="${size}"`;
  const escaped = content.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${font}>${escaped}</text>`;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
