import { randomUUID } from 'node:crypto';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { getJson, postJson } from '../support/http-client.js';
import { ServiceProcess } from '../support/service-process.js';
import { StreamReader, textOf } from '../support/stream-reader.js';
import { UiChat } from '../support/ui-chat.js';
import { MODEL, startLlamaCpp, startOllama, type RealServer } from './real-servers.js';

const QUESTION = 'What is 2 plus 2?';
const MESSAGES = [{ role: 'user' as const, content: QUESTION }];
/** More than the answer has: it ends by itself. */
const MOST = 60;

/** What the server answers, asked by its own API: the service may change none of it. */
interface Reference {
  text: string;
  prompt: number;
  completion: number;
}

function describeServer(name: string, start: () => Promise<RealServer>): void {
  describe(name, () => {
    let server: RealServer;
    let service: ServiceProcess;
    let reference: Reference;
    let openai: OpenAI;
    let ollama: Ollama;

    beforeAll(async () => {
      server = await start();
      const history = { HISTORY_STORAGE_TYPE: 'memory', RATE_LIMIT_ENABLED: 'false' };
      service = await ServiceProcess.start({ ...server.env, ...history });
      openai = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'not-needed', maxRetries: 0 });
      ollama = new Ollama({ host: `${service.url}/api/ollama` });
      const direct = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'not-needed' });
      const { choices, usage } = await direct.chat.completions.create({
        ...{ model: MODEL, messages: MESSAGES, temperature: 0, max_completion_tokens: MOST },
      });
      expect(choices[0]?.finish_reason).toBe('stop');
      reference = {
        text: choices[0]?.message.content ?? '',
        prompt: usage?.prompt_tokens ?? 0,
        completion: usage?.completion_tokens ?? 0,
      };
      console.info(`${name}: ${JSON.stringify(reference)}`);
    }, 300_000);
    afterAll(async () => {
      await service.remove();
      await server.stop();
    });

    const usage = () => ({
      prompt_tokens: reference.prompt,
      completion_tokens: reference.completion,
    });

    it('has an answer with some text', () => {
      expect(reference.text).toContain('4');
      expect(reference.prompt).toBeGreaterThan(10);
      expect(reference.completion).toBeGreaterThan(3);
    });

    it('answers our own API, whole and streamed', async () => {
      const body = { message: QUESTION, parameters: { temperature: 0, max_tokens: MOST } };
      const whole = await postJson(`${service.url}/api/chat`, body);
      expect(whole.body).toMatchObject({
        ...{ response: reference.text, finish_reason: 'stop', usage: usage() },
      });
      const reader = await StreamReader.post(`${service.url}/api/chat/stream`, body);
      const events = await reader.rest();
      expect(textOf(events)).toBe(reference.text);
      expect(events.length).toBeGreaterThan(3);
      expect(events.at(-1)?.data).toMatchObject({
        ...{ done: true, finish_reason: 'stop', usage: usage() },
      });
    });

    it('answers OpenAI’s client, whole and streamed', async () => {
      const request = { model: MODEL, messages: MESSAGES, temperature: 0, max_tokens: MOST };
      const whole = await openai.chat.completions.create(request);
      expect(whole.choices[0]?.message.content).toBe(reference.text);
      expect(whole.choices[0]?.finish_reason).toBe('stop');
      expect(whole.usage).toMatchObject(usage());
      const stream = await openai.chat.completions.create({
        ...{ ...request, stream: true, stream_options: { include_usage: true } },
      });
      const chunks: OpenAI.ChatCompletionChunk[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      const texts = chunks.map(({ choices }) => choices[0]?.delta.content ?? '');
      expect(texts.join('')).toBe(reference.text);
      expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
      expect(chunks.at(-1)?.usage).toMatchObject(usage());
    });

    it('answers OpenAI’s client by responses, whole and streamed, and goes on', async () => {
      const request = {
        ...{ model: MODEL, input: QUESTION, temperature: 0, max_output_tokens: MOST },
      };
      const counts = { input_tokens: reference.prompt, output_tokens: reference.completion };
      const whole = await openai.responses.create(request);
      expect(whole).toMatchObject({ status: 'completed', output_text: reference.text });
      expect(whole.usage).toMatchObject(counts);
      const streamed = openai.responses.stream(request);
      let text = '';
      for await (const event of streamed)
        if (event.type === 'response.output_text.delta') text += event.delta;
      expect(text).toBe(reference.text);
      const last = await streamed.finalResponse();
      expect(last).toMatchObject({ status: 'completed', output_text: reference.text });
      expect(last.usage).toMatchObject(counts);
      const next = await openai.responses.create({ ...request, previous_response_id: whole.id });
      expect(next.usage?.input_tokens).toBeGreaterThan(reference.prompt + reference.completion);
    });

    it('answers the AI SDK’s client, and has the chat afterwards', async () => {
      const id = randomUUID();
      const parameters = { temperature: 0, max_tokens: MOST };
      const chat = new UiChat(service.url, { id }, { body: { model: MODEL, parameters } });
      await chat.sendMessage({ text: QUESTION });
      const texts = [`user: ${QUESTION}`, `assistant: ${reference.text}`];
      expect(chat.error).toBeUndefined();
      expect(chat.texts).toEqual(texts);
      const metadata = { finish_reason: 'stop', usage: usage(), model: MODEL };
      expect(chat.sent[1]).toMatchObject({ metadata });
      const kept = await getJson(`${service.url}/api/chat/ui/${id}`);
      const again = new UiChat(service.url, { id, messages: kept.body.messages });
      expect(again.texts).toEqual(texts);
    });

    it('answers Ollama’s client, whole and streamed', async () => {
      const options = { temperature: 0, num_predict: MOST };
      const request = { model: MODEL, messages: MESSAGES, options };
      const counts = {
        ...{ done: true, done_reason: 'stop' },
        ...{ prompt_eval_count: reference.prompt, eval_count: reference.completion },
      };
      const whole = await ollama.chat(request);
      expect(whole.message.content).toBe(reference.text);
      expect(whole).toMatchObject(counts);
      const lines: Awaited<ReturnType<typeof ollama.chat>>[] = [];
      for await (const line of await ollama.chat({ ...request, stream: true })) lines.push(line);
      expect(lines.map(({ message }) => message.content).join('')).toBe(reference.text);
      expect(lines.at(-1)).toMatchObject(counts);
    });

    it('ends where max_tokens says, and says so', async () => {
      const request = {
        model: MODEL,
        messages: MESSAGES,
        temperature: 0,
        max_completion_tokens: 5,
      };
      const { choices, usage: counted } = await openai.chat.completions.create(request);
      expect(choices[0]?.finish_reason).toBe('length');
      expect(reference.text.startsWith(choices[0]?.message.content ?? '?')).toBe(true);
      expect(counted?.completion_tokens).toBe(5);
    });
  });
}

describeServer('A real llama.cpp server, through each wire', startLlamaCpp);

// There is no package of Ollama: `TEST_OLLAMA=<program> npm run test:real` asks a real one, too.
const program = process.env['TEST_OLLAMA'];
if (program) describeServer('A real Ollama, through each wire', () => startOllama(program));
