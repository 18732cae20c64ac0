import { pathMistake } from '../written-path.js';
import { parser, type Parser } from './parser.js';

/** A database as its URL names it; a SQLite path is still as it was written. */
export type DatabaseUrl =
  | { kind: 'sqlite'; file: string }
  | { kind: 'postgres'; url: string }
  | { kind: 'mongodb'; url: string };

const anyUrl: Parser<DatabaseUrl> = parser(
  'sqlite:path, postgres://, postgresql://, mongodb:// or mongodb+srv://, ' +
    'with special characters of a password percent-encoded',
  (text) => sqlite(text) ?? postgres(text) ?? mongodb(text),
);

export const databaseUrl: Parser<DatabaseUrl> = {
  expects: anyUrl.expects,
  parse: (text) => {
    const parsed = anyUrl.parse(text);
    const file = 'value' in parsed && parsed.value.kind === 'sqlite' ? parsed.value.file : null;
    const mistake = file === null ? null : pathMistake(file);
    return mistake === null ? parsed : { expected: `sqlite: and the path of a file ${mistake}` };
  },
};

/**
 * `sqlite:path`, and SQLAlchemy's `sqlite:///relative` and `sqlite:////absolute`, perhaps with its
 * `+driver` and `?options`. Its in-memory forms are refused: they would keep nothing.
 */
function sqlite(text: string): DatabaseUrl | undefined {
  const rest = /^sqlite(?:\+\w+)?:(.*)$/is.exec(text)?.[1];
  if (rest === undefined) return undefined;
  const [written = ''] = rest.split('?');
  const file = written.startsWith('///') ? written.slice(3) : written;
  const refused = file === '' || file.startsWith('//') || /:memory:|\0/.test(file);
  return refused ? undefined : { kind: 'sqlite', file };
}

/** SQLAlchemy's `postgresql+driver://` loses its driver, which says nothing to ours. */
function postgres(text: string): DatabaseUrl | undefined {
  const rest = /^postgres(?:ql)?(?:\+\w+)?:(\/\/.+)$/is.exec(text)?.[1];
  if (rest === undefined) return undefined;
  const url = `postgresql:${rest}`;
  return URL.canParse(url) && new URL(url).hash === '' ? { kind: 'postgres', url } : undefined;
}

/** Several hosts are legal here, which the URL standard does not know. */
function mongodb(text: string): DatabaseUrl | undefined {
  const legal = /^mongodb(\+srv)?:\/\/([^\s/?#@]+@)?[^\s/?#@]+(\/[^\s#@]*)?(\?[^\s#@]*)?$/i;
  return legal.test(text) ? { kind: 'mongodb', url: text } : undefined;
}
