import { percentDecoded } from '../../common/text/percent-decoded.js';
import { parser, type Parser } from './parser.js';

/** A header: its name in lower case, and its value. */
export type Header = readonly [name: string, value: string];

const NAME = /^[a-z0-9!#$%&'*+.^_`|~-]+$/;
/** Characters that HTTP allows in a value. */
const VALUE = /^[\x21-\x7e\xa0-\xff]([\t\x20-\x7e\xa0-\xff]*[\x21-\x7e\xa0-\xff])?$/;
/** Headers of the message framing, and those that the service sets itself. */
const RESERVED = new Set([
  ...['connection', 'content-length', 'expect', 'host', 'keep-alive', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'accept', 'content-type'],
]);

/**
 * `Name=value,Name=value` with percent-encoding, the format of OpenTelemetry for lists of headers.
 */
export const headers: Parser<readonly Header[]> = parser<readonly Header[]>(
  'Name=value pairs separated by commas, commas and spaces in a value percent-encoded (%2C, %20)',
  (text) => {
    const items = text.split(/[,\n]/).filter((item) => item.trim() !== '');
    const read = items.map(header);
    const complete = read.filter((item) => item !== undefined);
    const names = new Set(complete.map(([name]) => name));
    const good = complete.length === read.length && names.size === read.length && names.size > 0;
    return good ? complete : undefined;
  },
);

function header(item: string): Header | undefined {
  const at = item.indexOf('=');
  const name = item.slice(0, Math.max(0, at)).trim().toLowerCase();
  const value = percentDecoded(item.slice(at + 1).trim());
  if (at < 1 || value === undefined || !VALUE.test(value)) return undefined;
  return NAME.test(name) && !RESERVED.has(name) ? [name, value] : undefined;
}

/** A token for `Authorization: Bearer`. */
export const bearerToken: Parser<string> = parser(
  'a key of printable ASCII characters without spaces (and without the word Bearer)',
  (text) => (/^[\x21-\x7e]+$/.test(text) ? text : undefined),
);
