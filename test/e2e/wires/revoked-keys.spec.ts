import { FakeOllama, Gate, script } from '../../support/fake-ollama.js';
import { keysCommand, makeKey } from '../../support/keys.js';
import { startService, type RunningService } from '../../support/service.js';
import { describeOnDurableStores, type TestStorage } from '../../support/storages.js';

const MESSAGES = [{ role: 'user', content: 'Hi' }];
const PART = { type: 'text', text: 'Hi' };
const MESSAGE = 'This API key was revoked';
const OPENAI_ERROR = `"error":{"message":"${MESSAGE}","type":"invalid_request_error","param":null,"code":"invalid_api_key","reason":"key_revoked"}`;
const OLLAMA_END = endsWith(
  `{"error":"${MESSAGE}","code":"UNAUTHORIZED","reason":"key_revoked"}\n`,
);

function endsWith(text: string): RegExp {
  return new RegExp(`${text.replace(/[[\]{}.]/g, '\\$&')}$`);
}

/** What each API is asked, and what its stream must have behind the text, in its own form. */
const WIRES: [path: string, body: object, end: RegExp][] = [
  [
    '/v1/chat/completions',
    { model: 'llama2', messages: MESSAGES, stream: true },
    endsWith(`data: {${OPENAI_ERROR}}\n\n`),
  ],
  [
    '/v1/responses',
    { model: 'llama2', input: 'Hi', stream: true },
    /event: response\.failed\ndata: .*"status":"failed".*"reason":"key_revoked".*\n\n$/,
  ],
  [
    '/api/chat/ui',
    { id: 'a', messages: [{ id: 'b', role: 'user', parts: [PART] }] },
    endsWith(`data: {"type":"error","errorText":"${MESSAGE}"}\n\ndata: [DONE]\n\n`),
  ],
  ['/api/ollama/api/chat', { model: 'llama2', messages: MESSAGES }, OLLAMA_END],
  ['/api/ollama/api/generate', { model: 'llama2', prompt: 'Hi' }, OLLAMA_END],
];

describeOnDurableStores('a key that is revoked while other APIs answer', (make) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;
  beforeEach(async () => {
    ollama = await FakeOllama.start({ name: 'llama2' });
    storage = await make();
    service = await startService(ollama, { history: { storage: storage.target } });
  });
  afterEach(async () => {
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  /** A stream whose first word has been read, and its whole text once it has ended. */
  async function begin(path: string, body: object, key: Record<string, string>) {
    const response = await fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...key },
      body: JSON.stringify(body),
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const read = async (isEnough: () => boolean): Promise<string> => {
      while (!isEnough()) {
        const { done, value } = await reader.read();
        if (done) break;
        text += value;
      }
      return text;
    };
    expect(await read(() => text.includes('word'))).toContain('word');
    return { end: () => read(() => false) };
  }

  it('ends each stream with what that API calls a failure', async () => {
    ollama.always(script().tokens('word').wait(new Gate()).done());
    const key = await makeKey(storage, 'lost');
    const begun = await Promise.all(WIRES.map(([path, body]) => begin(path, body, key)));
    await keysCommand(storage, 'revoke', 'lost');
    for (const [index, [path, , end]] of WIRES.entries()) {
      const text = (await begun[index]?.end()) ?? '';
      expect({ path, text }).toEqual({ path, text: expect.stringMatching(end) });
    }
  });
});
