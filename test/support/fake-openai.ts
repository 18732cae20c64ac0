import type { ChatScript } from './chat-script.js';
import { completion } from './completion-script.js';
import { FakeModelServer } from './fake-model-server.js';
import type { RecordedRequest } from './recorded-request.js';

export { completed, completion, CompletionScript } from './completion-script.js';
export { Gate } from './chat-script.js';

/** What its list says of a model beside the name. */
export type FakeOpenAiModel = { id: string } & Record<string, unknown>;

/**
 * A scripted server of OpenAI's chat API on a free port of the loopback, used as `FakeOllama` is. It has
 * models (`llama2` at first), answers `/v1/models` by itself, and `/v1/chat/completions` only with
 * prepared scripts; a model that it does not have is 404, as vLLM does it.
 */
export class FakeOpenAi extends FakeModelServer {
  protected override readonly chatPath = '/v1/chat/completions';
  private readonly models = new Map<string, FakeOpenAiModel>();

  static async start(...models: FakeOpenAiModel[]): Promise<FakeOpenAi> {
    const server = new FakeOpenAi();
    for (const model of models.length > 0 ? models : [{ id: 'llama2' }]) server.add(model);
    await server.listenAgain();
    return server;
  }

  /** The address of its API. */
  get apiUrl(): string {
    return `${this.baseUrl}/v1`;
  }

  add(model: FakeOpenAiModel): void {
    this.models.set(model.id, {
      object: 'model',
      created: 1_756_720_800,
      owned_by: 'me',
      ...model,
    });
  }

  remove(name: string): void {
    this.models.delete(name);
  }

  protected override answerOf(request: RecordedRequest): ChatScript | undefined {
    const { path } = request;
    if (path === '/v1/models') {
      return completion().json({ object: 'list', data: [...this.models.values()] });
    }
    if (path !== this.chatPath) return completion().json({ detail: 'Not Found' }, 404);
    const { model } = request.body;
    if (this.models.has(model)) return undefined;
    return completion().error(404, `The model \`${model}\` does not exist.`, 'NotFoundError');
  }
}
