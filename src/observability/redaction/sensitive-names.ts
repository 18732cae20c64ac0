/** Names whose values of any type are secrets. */
const SECRET =
  /authorization|cookie|passw(or)?d|secret|credential|api_?keys?$|(access|refresh|auth|bearer)_?token/;

/** Names whose values are texts of users and models, or derived from them. */
const TEXT = new Set([
  'answer',
  'body',
  'chunk',
  'content',
  'contents',
  'data',
  'delta',
  'detail',
  'input',
  'keyvalue',
  'message',
  'messages',
  'output',
  'parameters',
  'params',
  'prompt',
  'prompts',
  'query',
  'response',
  'stop',
  'system',
  'target',
  'text',
  'title',
  'token',
  'tokens',
  'value',
]);

type Kind = 'secret' | 'text' | 'plain';

/**
 * Cache of names, which repeat with every line. Limited, since some are keys of foreign objects.
 */
const known = new Map<string, Kind>();
const MAX_CACHED = 1_000;

/** Whether a field's value must not be logged. A count of messages or tokens may. */
export function isSensitive(name: string, value: unknown): boolean {
  const kind = known.get(name) ?? kindOf(name);
  if (kind === 'plain') return false;
  return kind === 'secret' || (typeof value !== 'number' && typeof value !== 'boolean');
}

function kindOf(name: string): Kind {
  const plain = name.toLowerCase().replaceAll('-', '_');
  const text = TEXT.has(plain.replaceAll('_', '')) ? 'text' : 'plain';
  const kind = SECRET.test(plain) ? 'secret' : text;
  if (known.size < MAX_CACHED) known.set(name, kind);
  return kind;
}
