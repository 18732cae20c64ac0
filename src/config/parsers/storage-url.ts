import { percentDecoded } from '../../common/text/percent-decoded.js';
import { absolutePath, pathMistake } from '../written-path.js';
import { parser, type Parser } from './parser.js';

/** The database that a URL names; the path of a SQLite file is absolute. */
export type DatabaseUrl =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string }
  | { readonly kind: 'mongodb'; readonly url: string };

const anyUrl: Parser<DatabaseUrl> = parser(
  'sqlite:path, postgres://user:password@host:5432/name, mongodb:// or mongodb+srv://, ' +
    'with special characters of a password percent-encoded',
  (text) => sqlite(text) ?? postgres(text) ?? mongodb(text),
);

export const databaseUrl: Parser<DatabaseUrl> = {
  expects: anyUrl.expects,
  parse: (text, cwd) => {
    const parsed = anyUrl.parse(text, cwd);
    if (!('value' in parsed) || parsed.value.kind !== 'sqlite') return parsed;
    const { file } = parsed.value;
    const mistake = pathMistake(file);
    if (mistake !== null) return { expected: `sqlite: and the path of a file ${mistake}` };
    return { value: { kind: 'sqlite', file: absolutePath(cwd, file) } };
  },
};

/**
 * `sqlite:path`, and SQLAlchemy's `sqlite:///relative` and `sqlite:////absolute`, perhaps with its
 * `+driver`, `?options` and SQLite's own `file:` before the path. Forms that would store nothing
 * are refused: in-memory and read-only databases.
 */
function sqlite(text: string): DatabaseUrl | undefined {
  const rest = /^sqlite3?(?:\+\w+)?:(.*)$/is.exec(text)?.[1];
  if (rest === undefined) return undefined;
  const [written = '', options = ''] = rest.split('?');
  const path = written.startsWith('///') ? written.slice(3) : written;
  const file = path.replace(/^file:(?!\/\/)/i, '');
  const refused =
    file === '' ||
    file.startsWith('//') ||
    /:memory:|\0/.test(file) ||
    /(^|&)(mode=(memory|ro)|immutable=(1|on|yes|true))(&|$)/i.test(options);
  return refused ? undefined : { kind: 'sqlite', file };
}

const POSTGRES_HOST = String.raw`(?:\[[\da-f:.]+\]|[^\s/?#@:,[\]]*)(?::\d{1,5})?`;

/** The forms of PostgreSQL's own clients: several hosts, sockets, or no host are valid. */
const POSTGRES_URL = new RegExp(
  String.raw`^//(?:[^/?#@]*@)?${POSTGRES_HOST}(?:,${POSTGRES_HOST})*(?:/[^?#@]*)?(?:\?[^#]*)?$`,
  'i',
);

/** Removes the driver from SQLAlchemy's `postgresql+driver://`, since it has no meaning here. */
function postgres(text: string): DatabaseUrl | undefined {
  const rest = /^postgres(?:ql)?(?:\+\w+)?:(\/\/.+)$/is.exec(text)?.[1];
  if (rest === undefined || !POSTGRES_URL.test(rest)) return undefined;
  if (percentDecoded(rest) === undefined) return undefined;
  return { kind: 'postgres', url: `postgresql:${rest}` };
}

/** Several hosts are valid here, unlike in the URL standard. */
function mongodb(text: string): DatabaseUrl | undefined {
  const legal = /^mongodb(\+srv)?:\/\/([^\s/?#@]+@)?[^\s/?#@]+(\/[^\s#@]*)?(\?[^\s#@]*)?$/i;
  return legal.test(text) ? { kind: 'mongodb', url: text } : undefined;
}
