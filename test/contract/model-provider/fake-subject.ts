import { AIMessageChunk, type StandardMessageStructure } from '@langchain/core/messages';
import { ChatGenerationChunk } from '@langchain/core/outputs';
import { FakeStreamingChatModel } from '@langchain/core/utils/testing';
import { modelNotFound } from '../../../src/models/transport/model-errors.js';
import { LangChainChatModel } from '../../../src/models/transport/langchain-chat-model.js';
import type { ServerKind } from '../../../src/models/transport/server-kind.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { SECRET, USUAL, type Asked, type Behaviour, type ChatModelUnderTest } from './subject.js';

const SERVER: ServerKind = {
  name: 'Fake',
  variables: { address: 'FAKE_BASE_URL', credentials: 'FAKE_API_KEY' },
  clientError: () => undefined,
  modelNotFound,
};

type Stream = FakeStreamingChatModel['_streamResponseChunks'];

/** LangChain's own fake, which plays a prepared behaviour for each request. */
class ScriptedChatModel extends FakeStreamingChatModel {
  constructor(private readonly take: (stop: readonly string[]) => Behaviour) {
    super({});
  }

  private begin(stop: readonly string[]) {
    const behaviour = this.take(stop);
    if (behaviour.does === 'be busy') throw refusal(503);
    if (behaviour.does === 'miss the model') throw refusal(404);
    return behaviour;
  }

  override async *_streamResponseChunks(
    ...[messages, options, runManager]: Parameters<Stream>
  ): ReturnType<Stream> {
    // As the models of vendors do it: their caller retries by itself unless it is forbidden.
    const behaviour = await this.caller.call(async () => this.begin(options.stop ?? []));
    const tokens = behaviour.does === 'answer' ? behaviour.tokens : behaviour.after;
    this.chunks = tokens.map((content) => new AIMessageChunk({ content }));
    if (tokens.length > 0) yield* super._streamResponseChunks(messages, options, runManager);
    // A model may ignore the signal.
    if (behaviour.does === 'hang') await new Promise(() => undefined);
    // After a token no failure may be retried, whatever it says of itself.
    if (behaviour.does === 'fail') throw tokens.length > 0 ? refusal(503) : new Error(SECRET);
    if (behaviour.does === 'garble') throw new SyntaxError(`Not JSON: ${behaviour.bytes}`);
    if (behaviour.does === 'answer') yield lastChunk(behaviour);
  }
}

/** As the clients of vendors throw it. */
const refusal = (status: number): Error => Object.assign(new Error(SECRET), { status });

function lastChunk({ tokens, finishReason = 'stop' }: Behaviour & { does: 'answer' }) {
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

/** `FakeStreamingChatModel` in the wrapper. */
export async function fakeStreamingChatModel(): Promise<ChatModelUnderTest> {
  const logger = new RecordingLogger();
  const prepared: Behaviour[] = [];
  const requests: Asked[] = [];
  const take = (request: Asked): Behaviour => {
    requests.push(request);
    const behaviour = prepared.shift();
    if (!behaviour) throw new Error('No behaviour was prepared for this request');
    return behaviour;
  };
  return {
    logger,
    next: (behaviour) => void prepared.push(behaviour),
    requests: () => requests.length,
    lastRequest: () => requests.at(-1) ?? USUAL,
    model: ({ timeoutMs = 30_000, retries = 0 } = {}, asked = USUAL) => {
      const { model, stop } = asked;
      const scripted = new ScriptedChatModel((given) => take({ ...asked, stop: given }));
      const options = { server: SERVER, model, timeoutMs, retries, stop };
      return new LangChainChatModel(scripted, options, logger);
    },
    dispose: async () => undefined,
  };
}
