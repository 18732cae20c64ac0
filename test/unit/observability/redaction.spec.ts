import { LEVELS, recordingLogger } from './recorder.js';

const SECRET = 'Tr0ub4dor-and-three';
const CHAT = 'My doctor says it is benign.';

const fields = (hidden: string): Record<string, unknown> => ({
  authorization: `Bearer ${hidden}`,
  Authorization: hidden,
  'x-api-key': hidden,
  'X-API-Key': hidden,
  apiKey: hidden,
  api_keys: [hidden],
  cookie: `session=${hidden}`,
  'set-cookie': [hidden],
  password: hidden,
  db_password: hidden,
  client_secret: hidden,
  access_token: hidden,
  message: hidden,
  messages: [{ role: 'user', content: hidden }],
  content: hidden,
  prompt: hidden,
  system: hidden,
  response: hidden,
  text: hidden,
  token: hidden,
  delta: { anything: hidden },
  title: hidden,
  body: { anything: hidden },
  stop: [hidden],
  parameters: [hidden],
  value: hidden,
  headers: { accept: '*/*', authorization: hidden, cookie: hidden },
  request: { deep: { deeper: { body: hidden } } },
  list: [{ content: hidden }],
  url: `postgresql://chat:${hidden}@db:5432/chat`,
  parsed_url: new URL(`https://user:${hidden}@host/`),
  note: `failed at mongodb://u:${hidden}@a,b/chat and so on`,
  header_line: `Authorization: Bearer ${hidden.replaceAll(' ', '_')}`,
  error: Object.assign(new Error('Broke', { cause: { message: hidden } }), {
    body: hidden,
    request: { content: hidden },
  }),
  nested: { error: Object.assign(new Error('Broke'), { prompt: hidden }) },
  buffer: Buffer.from(hidden),
  handler: () => hidden,
  lazy: {
    get body(): string {
      throw new Error('A getter was called');
    },
  },
});

describe.each(['json', 'text'] as const)('%s logs', (format) => {
  it.each(LEVELS)('never hold message text or a secret at %s', (level) => {
    const { logger, out } = recordingLogger('trace', format);
    for (const hidden of [SECRET, CHAT]) {
      logger[level]('All at once', fields(hidden));
      for (const [name, value] of Object.entries(fields(hidden))) {
        logger[level]('One by one', { [name]: value });
        logger[level]('One level down', { inner: { [name]: value } });
      }
    }
    expect(out.text).toContain('All at once');
    const leaks = new RegExp(`${SECRET.slice(0, 9)}|doctor`);
    expect(out.text.split('\n').filter((line) => leaks.test(line))).toEqual([]);
  });
});

describe('what may be logged', () => {
  it.each<[string, unknown, unknown]>([
    ['messages', 12, 12],
    ['tokens', 5, 5],
    [
      'usage',
      { prompt_tokens: 3, completion_tokens: null },
      { prompt_tokens: 3, completion_tokens: null },
    ],
    ['prompt_tokens', 3, 3],
    ['max_tokens', 100, 100],
    ['finish_reason', 'stop', 'stop'],
    ['conversation_id', 'c-1', 'c-1'],
    ['model', 'llama2:7b', 'llama2:7b'],
    ['path', '/api/chat', '/api/chat'],
    ['url', 'postgres://u:p@ss/w#rd@db/chat', 'postgres://[redacted]@db/chat'],
    ['url', 'http://localhost:11434/api', 'http://localhost:11434/api'],
    ['at', new Date('2025-09-06T03:30:00Z'), '2025-09-06T03:30:00.000Z'],
    ['origin', new URL('https://u:p@host/x'), 'https://[redacted]@host/x'],
    ['at', new Date(Number.NaN), null],
    ['size', 12n, '12'],
    ['nothing', null, null],
    ['chunk_bytes', Buffer.alloc(3), '[3 bytes]'],
    ['__proto__', 'x', 'x'],
  ])('%s = %j', (name, value, expected) => {
    const { logger, out } = recordingLogger();
    logger.info('Fact', Object.fromEntries([[name, value]]));
    expect(Object.entries(out.records[0]!)).toContainEqual([name, expected]);
  });

  it('is left out where it is undefined', () => {
    const { logger, out } = recordingLogger();
    logger.info('Fact', { error: undefined, context: undefined, cancel: () => 1 });
    expect(Object.keys(out.records[0]!)).toEqual(['level', 'time', 'pid', 'msg']);
  });

  it('is bounded: loops, depth, lists and lengths', () => {
    const { logger, out } = recordingLogger();
    const loop: Record<string, unknown> = { name: 'loop' };
    loop['self'] = loop;
    const many = Array.from({ length: 10_000 }, (_, index) => index);
    logger.info('Much', {
      loop,
      many,
      wide: Object.fromEntries(many.entries()),
      long: 'x'.repeat(1_000_000),
    });
    expect(out.records).toHaveLength(1);
    expect(out.text.length).toBeLessThan(10_000);
  });
});
