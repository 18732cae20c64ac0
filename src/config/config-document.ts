import { LineCounter, parseDocument as parseYaml, type YAMLParseError } from 'yaml';

/** The content of the file, or what was expected: a phrase that follows the word "expected". */
export type ParsedDocument = { readonly document: unknown } | { readonly expected: string };

/** The most common mistakes, in our own words: the parser's messages quote the file. */
const MISTAKES: Partial<Record<YAMLParseError['code'], string>> = {
  BAD_INDENT: 'wrong indentation',
  DUPLICATE_KEY: 'a repeated name',
  MISSING_CHAR: 'something is missing',
  MULTIPLE_DOCS: 'a second document',
  TAB_AS_INDENT: 'a tab where spaces indent',
};

/** Reads YAML or JSON; an empty file has no settings. */
export function parseDocument(text: string, json: boolean): ParsedDocument {
  return json ? parseJson(text) : parseYamlText(text);
}

function parseYamlText(text: string): ParsedDocument {
  const lineCounter = new LineCounter();
  try {
    const parsed = parseYaml(text, { prettyErrors: false, lineCounter });
    const [error] = parsed.errors;
    if (error) return mistake('YAML', lineCounter.linePos(error.pos[0]), MISTAKES[error.code]);
    return { document: parsed.toJS() ?? {} };
  } catch {
    // Its references cannot be followed.
    return { expected: 'correct YAML' };
  }
}

function parseJson(text: string): ParsedDocument {
  try {
    const document: unknown = JSON.parse(text);
    return { document: document ?? {} };
  } catch (error) {
    const position = jsonPosition(error, text);
    return position === null ? { expected: 'correct JSON' } : mistake('JSON', position);
  }
}

interface Position {
  readonly line: number;
  readonly col: number;
}

/**
 * The position of the mistake in JSON. The JSON parser reports it for some mistakes only; the YAML
 * parser can read JSON, too.
 */
function jsonPosition(error: unknown, text: string): Position | null {
  const lineCounter = new LineCounter();
  const asYaml = parseYaml(text, { prettyErrors: false, lineCounter, schema: 'json' });
  const message = error instanceof SyntaxError ? error.message : '';
  const at = / at position (\d+)/.exec(message)?.[1] ?? asYaml.errors[0]?.pos[0];
  return at === undefined ? null : lineCounter.linePos(Number(at));
}

function mistake(language: string, { line, col }: Position, what?: string): ParsedDocument {
  const where = `line ${line}, column ${col}`;
  return { expected: `correct ${language} (${where}${what === undefined ? '' : `: ${what}`})` };
}
