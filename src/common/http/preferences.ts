/** One preference of a `Prefer` header (RFC 7240): its value and parameters, `''` where none. */
export interface Preference {
  value: string;
  parameters: ReadonlyMap<string, string>;
}

type Preferences = Map<string, Preference>;

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
/** What stands between two separators. A quoted text may hold some; one that is not closed has the rest. */
const PIECES = new RegExp(`(?:${QUOTED}?|[^",;])+|[,;]`, 'gs');
const PAIR = new RegExp(`^(${TOKEN})(?:[ \\t]*=[ \\t]*(${TOKEN}|${QUOTED})?)?$`, 's');

/**
 * The preferences of a request by their names in small letters. Several headers are one list; of a
 * preference that is given twice the first counts; invalid syntax is ignored, since a preference is
 * never a reason to refuse a request.
 */
export function parsePreferences(header: string | undefined): Preferences {
  const preferences: Preferences = new Map();
  for (const pieces of preferencesOf(header ?? '')) addPreference(preferences, pieces);
  return preferences;
}

/** A list of the pieces of each preference: itself, then its parameters. */
function preferencesOf(header: string): string[][] {
  const list: string[][] = [[]];
  for (const piece of header.match(PIECES) ?? []) {
    if (piece === ',') list.push([]);
    else if (piece !== ';') list.at(-1)?.push(piece);
  }
  return list;
}

function addPreference(preferences: Preferences, [head = '', ...rest]: string[]): void {
  const pair = pairOf(head);
  if (!pair || preferences.has(pair.name)) return;
  const parameters = new Map<string, string>();
  for (const { name, value } of rest.map(pairOf).filter((parameter) => parameter !== null)) {
    if (!parameters.has(name)) parameters.set(name, value);
  }
  preferences.set(pair.name, { value: pair.value, parameters });
}

/** `Wait = "10"` → `wait`, `10`. */
function pairOf(piece: string): { name: string; value: string } | null {
  const [, name, value = ''] = PAIR.exec(piece.trim()) ?? [];
  if (name === undefined) return null;
  return { name: name.toLowerCase(), value: unquoted(value) };
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/gs, '$1') : value;
}
