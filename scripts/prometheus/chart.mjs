/**
 * @typedef {{ name: string, points: [number, number][] }} Line
 * @typedef {{ title: string, unit: string, lines: Line[] }} Panel
 */

const WIDTH = 420;
const HEIGHT = 210;
const COLUMNS = 2;
const INNER = { left: 48, top: 30, width: 356, height: 120 };
const COLORS = ['#3b78c4', '#d9822b', '#3d9a50', '#b0413e', '#7b5ea7', '#2a9d9d', '#8a6d3b'];
const MOST_NAMES = 6;

/**
 * Line charts beside each other, as one SVG.
 *
 * @param {Panel[]} panels
 * @returns {string}
 */
export function chart(panels) {
  const rows = Math.ceil(panels.length / COLUMNS);
  const drawn = panels.map((panel, index) => {
    const x = (index % COLUMNS) * WIDTH;
    const y = Math.floor(index / COLUMNS) * HEIGHT;
    return `<g transform="translate(${x} ${y})">${drawPanel(panel)}</g>`;
  });
  const [width, height] = [COLUMNS * WIDTH, rows * HEIGHT];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

/** @param {Panel} panel */
function drawPanel({ title, unit, lines }) {
  const shown = lines.toSorted((a, b) => most(b) - most(a)).slice(0, MOST_NAMES);
  const seconds = Math.max(1, ...lines.flatMap(({ points }) => points.map(([at]) => at)));
  const top = rounded(Math.max(...shown.map(most), 0));
  const at = (/** @type {[number, number]} */ [time, value]) =>
    `${(INNER.left + (time / seconds) * INNER.width).toFixed(1)},${(INNER.top + INNER.height * (1 - value / top)).toFixed(1)}`;
  const axis = [0, 0.5, 1].map((part) => {
    const y = INNER.top + INNER.height * (1 - part);
    return `<line x1="${INNER.left}" x2="${INNER.left + INNER.width}" y1="${y}" y2="${y}" stroke="#dddddd"/><text x="${INNER.left - 6}" y="${y + 4}" text-anchor="end" fill="#666666">${label(top * part, unit)}</text>`;
  });
  const paths = shown.map(
    ({ points }, index) =>
      `<polyline fill="none" stroke="${COLORS[index]}" stroke-width="1.5" points="${points.map(at).join(' ')}"/>`,
  );
  const names = shown.map(({ name }, index) => {
    const x = INNER.left + (index % 3) * 122;
    const y = INNER.top + INNER.height + 32 + Math.floor(index / 3) * 14;
    return `<rect x="${x}" y="${y - 8}" width="8" height="8" fill="${COLORS[index]}"/><text x="${x + 12}" y="${y}" fill="#333333">${escaped(name).slice(0, 22)}</text>`;
  });
  const time = `<text x="${INNER.left}" y="${INNER.top + INNER.height + 14}" fill="#666666">0 s</text><text x="${INNER.left + INNER.width}" y="${INNER.top + INNER.height + 14}" text-anchor="end" fill="#666666">${Math.round(seconds)} s</text>`;
  const head = `<text x="12" y="18" font-size="13" font-weight="bold" fill="#222222">${escaped(title)}</text>`;
  return [head, ...axis, time, ...paths, ...names].join('\n');
}

/** @param {Line} line */
function most({ points }) {
  return Math.max(0, ...points.map(([, value]) => value));
}

/** A little above, with one or two digits. @param {number} value */
function rounded(value) {
  if (value <= 0) return 1;
  const unit = 10 ** Math.floor(Math.log10(value));
  return (
    [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((part) => part * unit).find((top) => top >= value) ?? value
  );
}

/** @param {number} value @param {string} unit */
function label(value, unit) {
  if (unit === 's') return value === 0 ? '0' : `${Number((value * 1000).toPrecision(2))} ms`;
  if (unit === 'percentunit') return `${Number((value * 100).toPrecision(2))} %`;
  return String(Number(value.toPrecision(2)));
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
