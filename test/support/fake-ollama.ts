import type { ChatScript } from './chat-script.js';
import { FakeModelServer } from './fake-model-server.js';
import { FakeModels, type FakeModel } from './fake-models.js';
import type { RecordedRequest } from './recorded-request.js';

export { answer, ChatScript, Gate, script } from './chat-script.js';
export type { FakeModel } from './fake-models.js';
export type { RecordedRequest, RequestEnd } from './recorded-request.js';

/**
 * A scripted Ollama on a free port of the loopback. It has models (`llama2` at first), answers
 * `/api/tags`, `/api/show` and `/api/version` by itself, and `/api/chat` only with prepared
 * scripts:
 *
 * ```ts
 * const ollama = await FakeOllama.start();
 * ollama.next(answer('Hello', '!'));                      // the next chat
 * ollama.next(script().error(503)).next(answer('Hi'));    // the two after it
 * ollama.always(answer('Hi'));                            // every chat that has no script of its own
 * ollama.always(answer('Ho'), 'mistral');                 // … with this model
 * ollama.nextAt('/api/show', script().error(500));        // the same for another path
 * const chat = await ollama.chat(0);                      // the first chat, once it has arrived
 * expect(chat.body.messages).toEqual([…]);
 * expect(await chat.closed).toBe('client_left');
 * ollama.assertNoUnexpected();                            // in afterEach
 * await ollama.close();
 * ```
 *
 * An unprepared chat is answered 500 and remembered; a model that it does not have is 404, as the
 * real one does it. `stopListening()` refuses connections until `listenAgain()` on the same port.
 */
export class FakeOllama extends FakeModelServer {
  readonly models = new FakeModels();
  protected override readonly chatPath = '/api/chat';

  static async start(...models: FakeModel[]): Promise<FakeOllama> {
    const ollama = new FakeOllama();
    for (const model of models.length > 0 ? models : [{ name: 'llama2' }]) ollama.models.add(model);
    await ollama.listenAgain();
    return ollama;
  }

  protected override answerOf(request: RecordedRequest): ChatScript | undefined {
    return this.models.answer(request);
  }
}
