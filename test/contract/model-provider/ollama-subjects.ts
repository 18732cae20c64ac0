import { ChatOllama } from '@langchain/ollama';
import type { OutputFormat, Tool } from '../../../src/domain/model.js';
import { createOllama } from '../../../src/models/providers/ollama/ollama.js';
import { ollamaServer } from '../../../src/models/providers/ollama/ollama-server.js';
import { jsonLinesFetch } from '../../../src/models/transport/json-lines-fetch.js';
import { LangChainChatModel } from '../../../src/models/transport/langchain-chat-model.js';
import { FakeOllama, script, type ChatScript } from '../../support/fake-ollama.js';
import { MODEL_PROFILE, MODEL_SETTINGS, ollamaOptions } from '../../support/ollama-fixture.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import {
  SECRET,
  USUAL,
  type Asked,
  type AskedMore,
  type Behaviour,
  type ChatModelUnderTest,
  type ChatOptions,
  type Fault,
  type ProviderUnderTest,
  type Refusal,
  type TransportUnderTest,
} from './subject.js';

type Answer = Behaviour & { does: 'answer' };

/** Each call is a line of its own. */
function whole({ tokens, thoughts = [], calls = [], finishReason = 'stop' }: Answer): ChatScript {
  const answer = script();
  for (const thought of thoughts) answer.thinking(thought);
  answer.tokens(...tokens);
  for (const { id, name, arguments: given } of calls) {
    answer.calls({ name, arguments: given ?? {}, ...(id !== null && { id }) });
  }
  return answer.done({ reason: finishReason });
}

function scriptOf(behaviour: Behaviour): ChatScript {
  switch (behaviour.does) {
    case 'answer':
      return whole(behaviour);
    case 'hang':
      return script()
        .tokens(...behaviour.after)
        .hang();
    case 'fail':
      return behaviour.after.length === 0
        ? script().error(500, SECRET)
        : script()
            .tokens(...behaviour.after)
            .errorLine(SECRET)
            .end();
    case 'garble':
      return script()
        .tokens(...behaviour.after)
        .raw(behaviour.bytes)
        .end()
        .joined();
    case 'be busy':
      return script().error(503, SECRET);
    case 'miss the model':
      return script().error(404, 'model not found');
  }
}

/** A response that is no answer. */
export function refusalOf(response: ChatScript, { status, body }: Refusal): ChatScript {
  switch (body) {
    case 'an error':
      return response.error(status, SECRET);
    case 'html':
      return response.html(status);
    case 'json':
      return response.json({ status: 'ok' }, status);
    case 'nothing':
      return response.headers(status, 'text/plain').end();
  }
}

function faulty(begun: ChatScript, fault: Fault): ChatScript {
  switch (fault) {
    case 'a line that cannot be parsed':
      return begun.malformed();
    case 'an error of the server':
      return begun.errorLine(SECRET);
    case 'an end without the last line':
      return begun.end();
    case 'half a line and the end':
      return begun.raw('{"mess').end();
    case 'a closed connection':
      return begun.cut();
    case 'a reset connection':
      return begun.reset();
  }
}

/** In the words of the port. */
function askedOf(fake: FakeOllama): Asked {
  const { model, options } = fake.chats.at(-1)?.body ?? {};
  const { temperature, num_predict: maxTokens, top_p: topP, stop = [], num_ctx } = options ?? {};
  return { model, temperature, maxTokens, topP, stop, contextTokens: num_ctx };
}

function moreOf(fake: FakeOllama): AskedMore {
  const { format = null, tools = null } = fake.chats.at(-1)?.body ?? {};
  const described = (tool: { function: Partial<Tool> }): Tool => {
    const { name = '', description = null, parameters = null } = tool.function;
    return { name, description, parameters };
  };
  return { format, tools: tools && tools.map(described) };
}

/** Any chat model that asks this scripted Ollama. */
function subjectOf(
  fake: FakeOllama,
  logger: RecordingLogger,
  model: ChatModelUnderTest['model'],
  close: () => void,
): ChatModelUnderTest {
  return {
    logger,
    next: (behaviour) => void fake.next(scriptOf(behaviour)),
    requests: () => fake.chats.length,
    lastRequest: () => askedOf(fake),
    lastAsk: () => moreOf(fake),
    model,
    dispose: async () => {
      close();
      await fake.close();
      fake.assertNoUnexpected();
    },
  };
}

/** LangChain's own `ChatOllama`, over the client of its vendor. */
export async function plainChatOllama(): Promise<ChatModelUnderTest> {
  const fake = await FakeOllama.start();
  const logger = new RecordingLogger();
  const model = ({ timeoutMs = 30_000, retries = 0 }: ChatOptions = {}, asked = USUAL) => {
    const { model, temperature, maxTokens: numPredict, topP, stop, contextTokens: numCtx } = asked;
    const parameters = { model, temperature, numPredict, topP, numCtx };
    const plain = new ChatOllama({ ...parameters, baseUrl: fake.baseUrl, fetch: jsonLinesFetch });
    const options = {
      server: ollamaServer('llama2'),
      model,
      timeoutMs,
      retries,
      stop,
      formatOptions: (format: OutputFormat) => ({ format }),
      thinkTags: true,
    };
    return new LangChainChatModel(plain, options, logger);
  };
  return subjectOf(fake, logger, model, () => undefined);
}

/** The adapter of this service. */
export async function ollama(): Promise<TransportUnderTest> {
  const fake = await FakeOllama.start();
  const logger = new RecordingLogger();
  const made = new Map<string, ReturnType<typeof createOllama>>();
  const model = (options: ChatOptions = {}, { contextTokens, ...settings } = USUAL) => {
    const key = JSON.stringify(options);
    const provider =
      made.get(key) ?? createOllama(ollamaOptions(fake.baseUrl, { ...options }), logger);
    made.set(key, provider);
    const profile = { ...MODEL_PROFILE, contextTokens };
    return provider.chatModel({ ...MODEL_SETTINGS, ...settings }, profile);
  };
  const close = (): void => {
    for (const provider of made.values()) provider.close();
  };
  const begun = (tokens: string[], until?: Promise<void>): ChatScript => {
    const answer = script().tokens(...tokens);
    if (until) answer.steps.push({ kind: 'wait', until });
    return answer;
  };
  return {
    ...subjectOf(fake, logger, model, close),
    nextFault: (tokens, fault, until) => void fake.next(faulty(begun(tokens, until), fault)),
    nextRefusal: (refusal) => void fake.next(refusalOf(script(), refusal)),
    stop: () => fake.stopListening(),
    variables: { credentials: 'OLLAMA_API_KEY', address: 'OLLAMA_BASE_URL' },
    nextFramed: (tokens, framing) => {
      const answer = begun(tokens).done();
      void fake.next(framing === 'a byte a write' ? answer.bytewise() : answer.joined());
    },
    nextHeld: (tokens, until) => {
      const answer = begun(tokens).done();
      answer.steps.unshift({ kind: 'wait', until });
      fake.next(answer);
    },
    closedByUs: async (index) => {
      expect(await (await fake.chat(index)).closed).toBe('client_left');
    },
    arrived: async (index) => {
      await fake.chat(index);
    },
    connections: () => fake.connections(),
  };
}

const KINDS = {
  'served elsewhere': { remoteHost: 'https://models.example' },
  'not for chat': { capabilities: ['embedding'] },
};

export async function ollamaProvider(
  allow: readonly string[] | null = null,
): Promise<ProviderUnderTest> {
  const fake = await FakeOllama.start();
  const provider = createOllama(ollamaOptions(fake.baseUrl, { allow }), new RecordingLogger());
  return {
    provider,
    passesOn: true,
    addModel: (name, kind) => fake.models.add({ name, ...(kind && KINDS[kind]) }),
    removeModel: (name) => fake.models.remove(name),
    stop: () => fake.stopListening(),
    connections: () => fake.connections(),
    dispose: async () => {
      provider.close();
      await fake.close();
      fake.assertNoUnexpected();
    },
  };
}
