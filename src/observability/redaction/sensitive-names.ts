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

/** Whether a field's value must not be logged. A count of messages or tokens may. */
export function isSensitive(name: string, value: unknown): boolean {
  const plain = name.toLowerCase().replaceAll('-', '_');
  if (SECRET.test(plain)) return true;
  if (typeof value === 'number' || typeof value === 'boolean') return false;
  return TEXT.has(plain.replaceAll('_', ''));
}
