import { causeText } from '../../src/common/errors/cause-text.js';
import type { OllamaOptions } from '../../src/models/providers/ollama/ollama.js';
import { answer, FakeOllama } from '../support/fake-ollama.js';
import { chatModel, connect, startChat } from '../support/ollama-fixture.js';
import { TlsFront } from '../support/tls-front.js';

describe('an Ollama behind a proxy', () => {
  let fake: FakeOllama;
  const opened: { close(): void }[] = [];
  const ollama = (changes: Partial<OllamaOptions> = {}) => {
    const made = connect(fake.baseUrl, changes);
    opened.push(made);
    return made;
  };

  beforeEach(async () => {
    fake = await FakeOllama.start();
  });

  afterEach(async () => {
    for (const made of opened.splice(0)) made.close();
    await fake.close();
    fake.assertNoUnexpected();
  });

  /** The headers of one request of each kind. */
  async function headersSent(changes: Partial<OllamaOptions>) {
    const made = ollama(changes);
    fake.next(answer('Hi'));
    await made.provider.list();
    await made.provider.check(1_000);
    await startChat(made).end;
    const paths = fake.requests.map(({ path }) => path);
    expect(paths).toEqual(['/api/tags', '/api/show', '/api/version', '/api/chat']);
    return fake.requests.map(({ headers }) => headers);
  }

  test('is sent the key with every request', async () => {
    for (const headers of await headersSent({ apiKey: 'a-key' })) {
      expect(headers.authorization).toBe('Bearer a-key');
    }
  });

  test('is sent the user and password of its address, decoded', async () => {
    const baseUrl = fake.baseUrl.replace('http://', 'http://ann:p%40ss%20%C3%A9@');
    const expected = `Basic ${Buffer.from('ann:p@ss é').toString('base64')}`;
    for (const headers of await headersSent({ baseUrl })) {
      expect(headers.authorization).toBe(expected);
    }
  });

  test('is sent further headers', async () => {
    const headers = [
      ['x-tenant', 'chat'],
      ['user-agent', 'ours'],
    ] as const;
    for (const sent of await headersSent({ headers })) {
      expect(sent).toMatchObject({ 'x-tenant': 'chat', 'user-agent': 'ours' });
    }
  });

  test('is not shown to LangChain’s callbacks with its password', () => {
    const baseUrl = fake.baseUrl.replace('http://', 'http://ann:secret@');
    expect(chatModel(ollama({ baseUrl })).baseUrl).toBe(`${fake.baseUrl}/`);
  });

  describe('with TLS', () => {
    let front: TlsFront;

    beforeEach(async () => {
      front = await TlsFront.before(Number(new URL(fake.baseUrl).port));
      opened.push(front);
    });

    async function failureAt(baseUrl: string) {
      const made = ollama({ baseUrl, retries: 3 });
      const error: unknown = await startChat(made).end.catch((reason: unknown) => reason);
      return { error, made };
    }

    test('a certificate that is not trusted: 503 at once, and the log says how to trust it', async () => {
      const { error } = await failureAt(front.url);
      expect(error).toMatchObject({ status: 503, reason: 'model_unavailable' });
      expect(causeText(error)).toMatch(
        /certificate is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\); NODE_EXTRA_CA_CERTS/,
      );
      expect(fake.requests).toHaveLength(0);
    });

    test('https to a server without TLS: 503 at once, and the log says so', async () => {
      const { error } = await failureAt(fake.baseUrl.replace('http:', 'https:'));
      expect(error).toMatchObject({ status: 503, reason: 'model_unavailable' });
      expect(causeText(error)).toMatch(/There is no TLS.*OLLAMA_BASE_URL/);
    });

    test('the list fails alike', async () => {
      const { made } = await failureAt(front.url);
      const error: unknown = await made.provider.list().catch((reason: unknown) => reason);
      expect(causeText(error)).toMatch(/NODE_EXTRA_CA_CERTS/);
    });
  });
});
