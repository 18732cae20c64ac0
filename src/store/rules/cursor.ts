import { CURSOR } from '../change-feed.js';

/** The number of a change with a part of its id; before the first change 0 and a part of the store's. */
export interface ChangeMark {
  readonly number: number;
  /** 8 hexadecimal digits. */
  readonly check: string;
}

/** @param id begins with 8 hexadecimal digits, as a UUID does */
export function markOf(number: number, id: string): ChangeMark {
  return { number, check: id.slice(0, 8) };
}

export function cursorOf({ number, check }: ChangeMark): string {
  return `${number}-${check}`;
}

/** Null for what is no cursor. */
export function parseCursor(cursor: string): ChangeMark | null {
  if (!CURSOR.test(cursor)) return null;
  const [number = '', check = ''] = cursor.split('-');
  return { number: Number(number), check };
}

export function isSameMark(a: ChangeMark | null, b: ChangeMark | null): boolean {
  return a !== null && b !== null && a.number === b.number && a.check === b.check;
}
