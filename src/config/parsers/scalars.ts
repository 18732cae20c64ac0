import { absolutePath, pathMistake } from '../written-path.js';
import { parser, type Parser } from './parser.js';

/** Longest delay of a timer in Node: 2^31 - 1 ms. */
const MAX_SECONDS = 2_147_483;

const grouped = (value: number): string => value.toLocaleString('en-US');

const BOOLEANS = new Map<string, boolean>([
  ...['true', 'yes', 'on', '1', 't', 'y'].map((word) => [word, true] as const),
  ...['false', 'no', 'off', '0', 'f', 'n'].map((word) => [word, false] as const),
]);

export const boolean: Parser<boolean> = parser('true or false', (text) =>
  BOOLEANS.get(text.toLowerCase()),
);

/** Decimal digits within limits, both included. */
export function integer(min: number, max: number): Parser<number> {
  return parser(`a whole number from ${grouped(min)} to ${grouped(max)}`, (text) => {
    if (!/^\d{1,15}$/.test(text)) return undefined;
    const value = Number(text);
    return value >= min && value <= max ? value : undefined;
  });
}

/** A decimal number within limits, both included. */
export function decimal(min: number, max: number): Parser<number> {
  return parser(`a number from ${grouped(min)} to ${grouped(max)}`, (text) => {
    const value = decimalValue(text);
    return value !== undefined && value >= min && value <= max ? value : undefined;
  });
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  k: 1024,
  kib: 1024,
  m: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gib: 1024 ** 3,
};

/** A number of bytes within limits, both included: plain, or with a unit as in `512 KiB`, `16M`. */
export function byteSize(limits: { min: number; max: number }): Parser<number> {
  const { min, max } = limits;
  const bounds = `from ${readableBytes(min)} to ${readableBytes(max)}`;
  return parser(`a number of bytes ${bounds}, with or without a unit (512 KiB, 16M)`, (text) => {
    const [, digits, unit = ''] = /^(\d{1,15}(?:\.\d{1,3})?) ?([a-z]{0,3})$/i.exec(text) ?? [];
    const factor = UNITS[unit.toLowerCase()];
    if (digits === undefined || factor === undefined) return undefined;
    const bytes = Math.round(Number(digits) * factor);
    return bytes >= min && bytes <= max ? bytes : undefined;
  });
}

function readableBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && value % 1024 === 0 && unit < 3; unit += 1) value /= 1024;
  return `${grouped(value)} ${units[unit] ?? 'bytes'}`;
}

/** Seconds, decimals allowed; the value is in whole milliseconds. */
export function seconds(limits: { min: 0 | 'positive'; max?: number }): Parser<number> {
  const { min, max = MAX_SECONDS } = limits;
  const bounds = min === 0 ? `from 0 to ${grouped(max)}` : `above 0, up to ${grouped(max)}`;
  return parser(`a number of seconds ${bounds}`, (text) => {
    const value = decimalValue(text);
    if (value === undefined || value > max) return undefined;
    const ms = Math.round(value * 1000);
    return ms > 0 || min === 0 ? ms : undefined;
  });
}

/** 0 means "no limit"; any other value is read by the inner parser. */
export function zeroIsNone(inner: Parser<number>): Parser<number | null> {
  const expects = `${inner.expects}, or 0 for no limit`;
  return parser<number | null>(expects, (text, cwd) => {
    if (decimalValue(text) === 0) return null;
    const parsed = inner.parse(text, cwd);
    return 'value' in parsed ? parsed.value : undefined;
  });
}

/** One word of a table, in upper or lower case. */
export function oneOf<const T extends string>(words: Readonly<Record<string, T>>): Parser<T> {
  const table = new Map(Object.entries(words));
  return parser(`one of ${[...table.keys()].join(', ')}`, (text) => {
    return table.get(text.toLowerCase()) ?? table.get(text.toUpperCase());
  });
}

/** The absolute path of a file or folder. */
export function path(of: 'file' | 'folder'): Parser<string> {
  const expects = `the path of a ${of}`;
  return {
    expects,
    parse: (text, cwd) => {
      const mistake = pathMistake(text);
      return mistake === null
        ? { value: absolutePath(cwd, text) }
        : { expected: `${expects} ${mistake}` };
    },
  };
}

function decimalValue(text: string): number | undefined {
  return /^(\d{1,15}(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : undefined;
}
