import { AIMessageChunk, type StandardMessageStructure } from '@langchain/core/messages';
import { ChatGenerationChunk } from '@langchain/core/outputs';
import { FakeStreamingChatModel } from '@langchain/core/utils/testing';
import type { OutputFormat, Tool } from '../../../src/domain/model.js';
import { modelNotFound } from '../../../src/models/model-errors.js';
import { LangChainChatModel } from '../../../src/models/transport/langchain-chat-model.js';
import type { ServerKind } from '../../../src/models/transport/server-kind.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import {
  SECRET,
  USUAL,
  type Asked,
  type AskedMore,
  type Behaviour,
  type ChatModelUnderTest,
} from './subject.js';

const SERVER: ServerKind = {
  name: 'Fake',
  service: 'Fake service',
  requestStatuses: [413, 422],
  variables: { address: 'FAKE_BASE_URL', credentials: 'FAKE_API_KEY' },
  clientError: () => undefined,
  modelNotFound,
};

type Stream = FakeStreamingChatModel['_streamResponseChunks'];
/** The options of a call, the one for the format as OpenAI's models have it. */
type FakeOptions = Parameters<Stream>[1] & {
  tools?: { function: Tool }[];
  response_format?: unknown;
};

/** LangChain's own fake, which plays a prepared behaviour for each request. */
class ScriptedChatModel extends FakeStreamingChatModel {
  constructor(private readonly take: (options: FakeOptions) => Behaviour) {
    super({});
  }

  /** As the models of vendors do it: the tools become an option of the call. */
  override bindTools(tools: Parameters<FakeStreamingChatModel['bindTools']>[0]) {
    return this.withConfig({ tools } as object);
  }

  private begin(options: FakeOptions) {
    const behaviour = this.take(options);
    if (behaviour.does === 'be busy') throw refusal(503);
    if (behaviour.does === 'miss the model') throw refusal(404);
    return behaviour;
  }

  override async *_streamResponseChunks(
    ...[messages, options, runManager]: Parameters<Stream>
  ): ReturnType<Stream> {
    // As the models of vendors do it: their caller retries by itself unless it is forbidden.
    const behaviour = await this.caller.call(async () => this.begin(options));
    const tokens = behaviour.does === 'answer' ? behaviour.tokens : behaviour.after;
    this.chunks = [
      ...(behaviour.does === 'answer' ? thinkingChunks(behaviour) : []),
      ...tokens.map((content) => new AIMessageChunk({ content })),
    ];
    if (this.chunks.length > 0) yield* super._streamResponseChunks(messages, options, runManager);
    // A model may ignore the signal.
    if (behaviour.does === 'hang') await new Promise(() => undefined);
    // After a token no failure may be retried, whatever it says of itself.
    if (behaviour.does === 'fail') throw tokens.length > 0 ? refusal(503) : new Error(SECRET);
    if (behaviour.does === 'garble') throw new SyntaxError(`Not JSON: ${behaviour.bytes}`);
    if (behaviour.does !== 'answer') return;
    // LangChain's fake would lose the pieces.
    for (const message of callChunks(behaviour)) {
      yield new ChatGenerationChunk({ text: '', message });
    }
    yield lastChunk(behaviour);
  }
}

type Answer = Behaviour & { does: 'answer' };

/** By turns as blocks of two vendors, and beside the content. */
function thinkingChunks({ thoughts = [] }: Answer): AIMessageChunk[] {
  return thoughts.map((thought, index) => {
    if (index % 3 === 0)
      return new AIMessageChunk({ content: [{ type: 'thinking', thinking: thought }] });
    if (index % 3 === 1)
      return new AIMessageChunk({ content: [{ type: 'reasoning', reasoning: thought }] });
    return new AIMessageChunk({ content: '', additional_kwargs: { reasoning_content: thought } });
  });
}

/** In pieces: the name, then the text of the arguments, cut in two. */
function callChunks({ calls = [] }: Answer): AIMessageChunk[] {
  return calls.flatMap(({ id, name, arguments: given }, index) => {
    const args = JSON.stringify(given);
    const pieces = [
      { name, index, ...(id !== null && { id }) },
      { args: args.slice(0, 3), index },
      { args: args.slice(3), index },
    ];
    return pieces.map((piece) => new AIMessageChunk({ content: '', tool_call_chunks: [piece] }));
  });
}

/** As the clients of vendors throw it. */
const refusal = (status: number): Error => Object.assign(new Error(SECRET), { status });

function lastChunk({ tokens, finishReason = 'stop' }: Answer) {
  const message = new AIMessageChunk<StandardMessageStructure>({
    content: '',
    response_metadata: { finish_reason: finishReason },
  });
  const [input, output] = [12, tokens.length];
  message.usage_metadata = {
    input_tokens: input,
    output_tokens: output,
    total_tokens: input + output,
  };
  return new ChatGenerationChunk({ text: '', message });
}

const NOTHING: Asked & AskedMore = { ...USUAL, format: null, tools: null };

function moreOf({ tools, response_format: format = null }: FakeOptions): AskedMore {
  const described = ({ function: tool }: { function: Partial<Tool> }): Tool => {
    const { name = '', description = null, parameters = null } = tool;
    return { name, description, parameters };
  };
  return { format, tools: tools?.map(described) ?? null };
}

/** `FakeStreamingChatModel` in the wrapper. */
export async function fakeStreamingChatModel(): Promise<ChatModelUnderTest> {
  const logger = new RecordingLogger();
  const prepared: Behaviour[] = [];
  const requests: (Asked & AskedMore)[] = [];
  const take = (asked: Asked, options: FakeOptions): Behaviour => {
    requests.push({ ...asked, stop: options.stop ?? [], ...moreOf(options) });
    const behaviour = prepared.shift();
    if (!behaviour) throw new Error('No behaviour was prepared for this request');
    return behaviour;
  };
  return {
    logger,
    next: (behaviour) => void prepared.push(behaviour),
    requests: () => requests.length,
    lastRequest: () => {
      const { format: _format, tools: _tools, ...asked } = requests.at(-1) ?? NOTHING;
      return asked;
    },
    lastAsk: () => {
      const { format, tools } = requests.at(-1) ?? NOTHING;
      return { format, tools };
    },
    model: ({ timeoutMs = 30_000, retries = 0 } = {}, asked = USUAL) => {
      const { model, stop } = asked;
      const scripted = new ScriptedChatModel((options) => take(asked, options));
      const options = {
        server: SERVER,
        model,
        timeoutMs,
        retries,
        stop,
        formatOptions: (response_format: OutputFormat) => ({ response_format }),
        thinkTags: true,
      };
      return new LangChainChatModel(scripted, options, logger);
    },
    dispose: async () => undefined,
  };
}
