import type { Tool } from '../../../src/domain/model.js';
import { createOpenAi } from '../../../src/models/providers/openai/openai.js';
import type { ChatScript } from '../../support/chat-script.js';
import { completion, FakeOpenAi, type CompletionScript } from '../../support/fake-openai.js';
import { MODEL_PROFILE, MODEL_SETTINGS } from '../../support/ollama-fixture.js';
import { openAiOptions } from '../../support/openai-fixture.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { refusalOf } from './ollama-subjects.js';
import {
  SECRET,
  USUAL,
  type Asked,
  type AskedMore,
  type Behaviour,
  type ChatOptions,
  type Fault,
  type ProviderUnderTest,
  type TransportUnderTest,
} from './subject.js';

type Answer = Behaviour & { does: 'answer' };

/** The calls stream in pieces; thinking has its name by turns. */
function whole({ tokens, thoughts = [], calls = [], finishReason = 'stop' }: Answer): ChatScript {
  const answer = completion();
  thoughts.forEach((thought, index) =>
    answer.thinking(thought, index % 2 === 0 ? 'reasoning' : 'reasoning_content'),
  );
  answer.tokens(...tokens);
  const given = calls.map(({ id, name, arguments: args, argumentsText = '' }) => ({
    name,
    arguments: args ?? argumentsText,
    ...(id !== null && { id }),
  }));
  return answer.calls(...given).done({
    reason: finishReason === 'stop' && calls.length > 0 ? 'tool_calls' : finishReason,
    usage: { prompt: 12, completion: tokens.length },
  });
}

function scriptOf(behaviour: Behaviour): ChatScript {
  switch (behaviour.does) {
    case 'answer':
      return whole(behaviour);
    case 'hang':
      return completion()
        .tokens(...behaviour.after)
        .hang();
    case 'fail':
      return behaviour.after.length === 0
        ? completion().error(500, SECRET)
        : completion()
            .tokens(...behaviour.after)
            .errorLine(SECRET)
            .end();
    case 'garble':
      return completion()
        .tokens(...behaviour.after)
        .raw(`data: ${behaviour.bytes}`)
        .end()
        .joined();
    case 'be busy':
      return completion().error(503, SECRET);
    case 'miss the model':
      return completion().error(404, 'The model `m` does not exist.', 'NotFoundError');
  }
}

function faulty(begun: CompletionScript, fault: Fault): ChatScript {
  switch (fault) {
    case 'a line that cannot be parsed':
      return begun.malformed();
    case 'an error of the server':
      return begun.errorLine(SECRET);
    case 'an end without the last line':
      return begun.end();
    case 'half a line and the end':
      return begun.raw('data: {"choi').end();
    case 'a closed connection':
      return begun.cut();
    case 'a reset connection':
      return begun.reset();
  }
}

/** In the words of the port. The context is the server's own, and no part of a request. */
function askedOf(fake: FakeOpenAi, { contextTokens }: Asked): Asked {
  const { model, temperature, max_tokens: maxTokens, top_p: topP, stop = [] } = lastBody(fake);
  return { model, temperature, maxTokens, topP, stop, contextTokens };
}

function lastBody(fake: FakeOpenAi): any {
  return fake.chats.at(-1)?.body ?? {};
}

function moreOf(fake: FakeOpenAi): AskedMore {
  const { response_format: format = null, tools = null } = lastBody(fake);
  const described = (tool: { function: Partial<Tool> }): Tool => {
    const { name = '', description = null, parameters = null } = tool.function;
    return { name, description, parameters };
  };
  const isAnyJson = format?.type === 'json_object';
  return {
    format: isAnyJson ? 'json' : format && format.json_schema.schema,
    tools: tools && tools.map(described),
  };
}

/** The adapter of this service. */
export async function openAi(): Promise<TransportUnderTest> {
  const fake = await FakeOpenAi.start({ id: 'llama2' }, { id: 'llama2:latest' });
  const logger = new RecordingLogger();
  const made = new Map<string, ReturnType<typeof createOpenAi>>();
  let lastAsked = USUAL;
  const model = (options: ChatOptions = {}, asked = USUAL) => {
    const { contextTokens, ...settings } = asked;
    lastAsked = asked;
    const key = JSON.stringify(options);
    const provider =
      made.get(key) ?? createOpenAi(openAiOptions(fake.apiUrl, { ...options }), logger);
    made.set(key, provider);
    return provider.chatModel(
      { ...MODEL_SETTINGS, ...settings },
      { ...MODEL_PROFILE, contextTokens },
    );
  };
  const begun = (tokens: string[], until?: Promise<void>): CompletionScript => {
    const answer = completion().tokens(...tokens);
    if (until) answer.steps.push({ kind: 'wait', until });
    return answer;
  };
  return {
    logger,
    model,
    next: (behaviour) => void fake.next(scriptOf(behaviour)),
    requests: () => fake.chats.length,
    lastRequest: () => askedOf(fake, lastAsked),
    lastAsk: () => moreOf(fake),
    nextFault: (tokens, fault, until) => void fake.next(faulty(begun(tokens, until), fault)),
    nextRefusal: (refusal) => void fake.next(refusalOf(completion(), refusal)),
    stop: () => fake.stopListening(),
    variables: { credentials: 'OPENAI_API_KEY', address: 'OPENAI_BASE_URL' },
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
    dispose: async () => {
      for (const provider of made.values()) provider.close();
      await fake.close();
      fake.assertNoUnexpected();
    },
  };
}

const KINDS = {
  'served elsewhere': {},
  'not for chat': { architecture: { output_modalities: ['embeddings'] } },
};

export async function openAiProvider(
  allow: readonly string[] | null = null,
): Promise<ProviderUnderTest> {
  const fake = await FakeOpenAi.start();
  const provider = createOpenAi(openAiOptions(fake.apiUrl, { allow }), new RecordingLogger());
  return {
    provider,
    passesOn: false,
    addModel: (id, kind) => fake.add({ id, ...(kind && KINDS[kind]) }),
    removeModel: (name) => fake.remove(name),
    stop: () => fake.stopListening(),
    connections: () => fake.connections(),
    dispose: async () => {
      provider.close();
      await fake.close();
      fake.assertNoUnexpected();
    },
  };
}
