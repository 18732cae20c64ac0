import type { UtcDay } from './token-usage.js';

const DAY_MS = 24 * 60 * 60_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The last day that was asked for, by its number since 1970: each turn asks for its own. */
let known = { number: NaN, day: '' };

/** The day of a time in milliseconds since 1970. */
export function dayOf(time: number): UtcDay {
  const number = Math.floor(time / DAY_MS);
  if (number !== known.number) {
    known = { number, day: new Date(time).toISOString().slice(0, 10) };
  }
  return known.day;
}

/** Whether a text names a day that exists. */
export function isDay(text: string): boolean {
  if (!DAY.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && dayOf(time) === text;
}

/** The day so many days later, or earlier. */
export function dayAfter(day: UtcDay, days: number): UtcDay {
  return dayOf(startOf(day) + days * DAY_MS);
}

/** How many days there are from one to another, both counted. */
export function daysFrom(from: UtcDay, to: UtcDay): number {
  return Math.round((startOf(to) - startOf(from)) / DAY_MS) + 1;
}

/** The first day of its month. */
export function monthOf(day: UtcDay): UtcDay {
  return `${day.slice(0, 7)}-01`;
}

/** A calendar window in UTC, in milliseconds since 1970. */
export interface CalendarWindow {
  readonly start: number;
  /** The first moment after it. */
  readonly end: number;
}

export function dayWindow(day: UtcDay): CalendarWindow {
  return { start: startOf(day), end: startOf(day) + DAY_MS };
}

export function monthWindow(day: UtcDay): CalendarWindow {
  const start = new Date(startOf(monthOf(day)));
  return {
    start: start.getTime(),
    end: Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1),
  };
}

function startOf(day: UtcDay): number {
  return Date.parse(`${day}T00:00:00Z`);
}
