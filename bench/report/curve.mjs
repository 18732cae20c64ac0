import { plot } from './svg.mjs';

/** @typedef {import('./medians.mjs').Medians} Medians */

const LINES = [
  { subject: 'direct', title: 'no service', colour: '#999999' },
  { subject: 'raw', title: 'raw Node', colour: '#0072b2' },
  { subject: 'book', title: 'by the book', colour: '#d55e00' },
  { subject: 'ours-memory', title: 'this service', colour: '#009e73' },
];

/**
 * CPU a token and gap p99 against streams; null where nothing was measured for it.
 *
 * @param {Medians} of
 * @param {number[]} streams
 */
export function curve(of, streams) {
  const panel = (/** @type {string} */ value) =>
    LINES.map(({ subject, title, colour }) => ({
      title,
      colour,
      points: streams
        .map(
          (count) =>
            /** @type {[number, number]} */ ([count, of.value(`curve-${count}`, subject, value)]),
        )
        .filter(([, measured]) => Number.isFinite(measured)),
    }));
  const cpu = panel('cpuUsPerToken').map((line) =>
    // The CPU of the fake does not belong to a service.
    line.title === 'no service' ? { ...line, points: [] } : line,
  );
  if (cpu.every(({ points }) => points.length === 0)) return null;
  return plot([
    { title: 'CPU a token', unit: 'µs', lines: cpu, from: 10 },
    {
      title: 'token gap p99 at a pace of 20 ms',
      unit: 'ms',
      lines: panel('gapP99Ms'),
      from: 10,
    },
  ]);
}
