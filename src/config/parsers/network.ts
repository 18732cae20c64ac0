import { isIP } from 'node:net';

import { PRIVATE_NETWORKS } from '../../common/http/client-address.js';
import { percentDecoded } from '../../common/text/percent-decoded.js';
import { listItems, listOf, parser, type Parser } from './parser.js';

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_-]{1,63})*\.?$/i;
const OLLAMA_PORT = 11_434;

/** An address to listen on. `0.0.0` and `0` mean `0.0.0.0`. */
export const host: Parser<string> = parser('a host name or an IP address', (text) => {
  if (/^0(\.0){0,3}$/.test(text)) return '0.0.0.0';
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) !== 0) return bare;
  const numeric = /^[\d.]+$/.test(text);
  return !numeric && HOST_NAME.test(text) ? text : undefined;
});

/**
 * Ollama's address, perhaps with the user and password for a proxy in front of it. `host` and
 * `host:port`, the forms of `OLLAMA_HOST`, are accepted too.
 */
export const ollamaUrl: Parser<string> = parser(
  'an http:// or https:// URL without a query',
  (text) => {
    const url = parseUrl(withScheme(text));
    if (!url || !/^https?:$/.test(url.protocol) || url.hostname === '') return undefined;
    if (url.search || url.hash) return undefined;
    if (percentDecoded(url.username + url.password) === undefined) return undefined;
    const credentials = url.password ? `${url.username}:${url.password}` : url.username;
    const path = url.pathname.replace(/\/+$/, '');
    return `${url.protocol}//${credentials && `${credentials}@`}${url.host}${path}`;
  },
);

/** The address of OpenAI's API on a server, which clients write with its path. */
export const openAiUrl: Parser<string> = parser(
  'an http:// or https:// URL without a user, a password and a query',
  (text) => {
    if (!isPlainUrl(text) || /[?#]/.test(text)) return undefined;
    const { origin: server, pathname } = new URL(text);
    const path = pathname.replace(/\/+$/, '');
    return `${server}${path === '' ? '/v1' : path}`;
  },
);

function withScheme(text: string): string {
  if (text.includes('://')) return text;
  const hasPort = /:\d+(\/.*)?$/.test(text) && isIP(text) !== 6;
  const address = isIP(text) === 6 ? `[${text}]` : text;
  return hasPort ? `http://${address}` : `http://${address}:${OLLAMA_PORT}`;
}

/** An identity provider, exactly as it calls itself: it is compared as a text. */
export const issuer: Parser<string> = parser(
  'an http:// or https:// URL without a query and without credentials',
  (text) => (isPlainUrl(text) && !/[?#]/.test(text) ? text : undefined),
);

export const httpUrl: Parser<string> = parser(
  'an http:// or https:// URL without credentials',
  (text) => (isPlainUrl(text) ? text : undefined),
);

function isPlainUrl(text: string): boolean {
  const url = parseUrl(text);
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username + url.password === '';
}

/** Origins in the form in which browsers send them: no path, no default port. */
export const origins: Parser<'*' | readonly string[]> = parser<'*' | readonly string[]>(
  'origins like https://app.example.com, separated by commas, or *',
  (text) => {
    if (text === '*') return '*';
    const parsed = listItems(text).map(origin);
    return parsed.length > 0 && parsed.every((item) => item !== undefined) ? parsed : undefined;
  },
);

function origin(text: string): string | undefined {
  const bare = text.replace(/\/$/, '');
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@,*]+$/i.test(bare)) return undefined;
  if (!/^https?:/i.test(bare)) return bare;
  return parseUrl(bare)?.origin;
}

/** Names of HTTP headers. */
export const headerNames: Parser<readonly string[]> = listOf(
  'names of headers, separated by commas',
  (text) => (/^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/i.test(text) && text !== '*' ? text : undefined),
);

/** Names that clients send as `Host`, in lower case. */
export const hostNames: Parser<readonly string[]> = listOf(
  'host names without port, separated by commas; *.example.com for all subdomains, or * for any',
  (text) => {
    const name = text.toLowerCase().replace(/\.$/, '');
    return name === '*' || HOST_NAME.test(name.replace(/^\*\./, '')) ? name : undefined;
  },
);

/** A value for Express's `trust proxy`, except `true`, which would trust every peer. */
export const trustProxy: Parser<false | number | readonly string[]> = parser<
  false | number | readonly string[]
>(
  'false, private, a number of proxies, or their addresses and subnets separated by commas',
  (text) => {
    if (/^(false|no|off|0)$/i.test(text)) return false;
    if (/^\d{1,2}$/.test(text)) return Number(text);
    const subnets = listItems(text).map(proxySubnets);
    return subnets.every((item) => item !== undefined) ? subnets.flat() : undefined;
  },
);

function proxySubnets(text: string): string[] | undefined {
  if (/^private$/i.test(text)) return [...PRIVATE_NETWORKS];
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return undefined;
  if (prefix === undefined) return [text];
  const longest = family === 4 ? 32 : 128;
  const sane = /^\d{1,3}$/.test(prefix) && Number(prefix) > 0 && Number(prefix) <= longest;
  return sane ? [text] : undefined;
}

function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
