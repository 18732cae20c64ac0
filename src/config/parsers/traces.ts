import { percentDecoded } from '../../common/text/percent-decoded.js';
import { listItems, parser, type Parser } from './parser.js';

/** `key=value,key=value` with percent-encoded values, as OpenTelemetry writes attributes. */
export const attributes: Parser<ReadonlyMap<string, string>> = parser<ReadonlyMap<string, string>>(
  'key=value pairs separated by commas, commas and spaces in a value percent-encoded (%2C, %20)',
  (text) => {
    const values = new Map<string, string>();
    for (const item of listItems(text)) {
      const at = item.indexOf('=');
      const key = item.slice(0, Math.max(0, at)).trim();
      const value = percentDecoded(item.slice(at + 1).trim());
      if (key === '' || value === undefined) return undefined;
      values.set(key, value);
    }
    return values.size > 0 ? values : undefined;
  },
);

/** A name of a service. */
export const serviceName: Parser<string> = parser('a name without control characters', (text) =>
  /^\P{Cc}{1,255}$/u.test(text) ? text : undefined,
);

/** The address of a collector. */
export const collectorUrl: Parser<string> = parser('an http:// or https:// address', (text) => {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : undefined;
});

/** OpenTelemetry's names of propagators; those that this service does not have are left out. */
const KNOWN = ['tracecontext', 'baggage', 'b3', 'b3multi', 'jaeger', 'xray', 'ottrace', 'none'];

/** Names of propagators. */
export const propagators: Parser<readonly string[]> = parser<readonly string[]>(
  `a list of ${KNOWN.join(', ')}`,
  (text) => {
    const names = listItems(text).map((name) => name.toLowerCase());
    return names.length > 0 && names.every((name) => KNOWN.includes(name)) ? names : undefined;
  },
);
