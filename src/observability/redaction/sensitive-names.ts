/** Names whose values are secrets, whatever their type. */
const SECRET =
  /authorization|cookie|passw(or)?d|secret|credential|api_?keys?$|(access|refresh|auth|bearer)_?token/;

/** Names whose values are what people wrote and models answered, or were made from it. */
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

/** Names come again with every line. Bounded: some are keys of what others made. */
const known = new Map<string, Kind>();
const MOST_KNOWN = 1_000;

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
  if (known.size < MOST_KNOWN) known.set(name, kind);
  return kind;
}
