import { setTimeout as delay } from 'node:timers/promises';
import { FakeOllama } from '../../support/fake-ollama.js';
import { getJson, type JsonAnswer } from '../../support/http-client.js';
import { ServiceProcess } from '../../support/service-process.js';
import { StreamReader } from '../../support/stream-reader.js';

/** A real service process, its scripted model, and what tests of failing surroundings ask of it. */
export class Rig {
  private constructor(
    readonly ollama: FakeOllama,
    readonly service: ServiceProcess,
  ) {}

  static async start(env: Record<string, string>, ollama?: FakeOllama): Promise<Rig> {
    const model = ollama ?? (await FakeOllama.start());
    try {
      const service = await ServiceProcess.start({
        OLLAMA_BASE_URL: model.baseUrl,
        OLLAMA_RETRIES: '0',
        RATE_LIMIT_ENABLED: 'false',
        ...env,
      });
      return new Rig(model, service);
    } catch (error) {
      await model.close();
      throw error;
    }
  }

  url(path: string): string {
    return `${this.service.url}/api/${path}`;
  }

  stream(body: object = {}): Promise<StreamReader> {
    return StreamReader.post(this.url('chat/stream'), { message: 'Hi', ...body });
  }

  /** The whole conversation that a stream belongs to. */
  async history(reader: StreamReader): Promise<any> {
    const id = reader.response.headers.get('X-Conversation-Id') ?? '';
    return (await getJson(this.url(`history/${id}`))).body;
  }

  /** Asks again and again until the answer is as wanted; the test's own time limit ends it. */
  async until(path: string, wanted: (answer: JsonAnswer) => boolean): Promise<JsonAnswer> {
    for (;;) {
      const answer = await getJson(this.url(path));
      if (wanted(answer)) return answer;
      await delay(100);
    }
  }

  /** Until the service says that it is ready, or that it is not. */
  async ready(status: 200 | 503): Promise<JsonAnswer> {
    return this.until('health/ready', (answer) => answer.status === status);
  }

  async remove(): Promise<void> {
    await this.service.remove();
    await this.ollama.close();
  }
}

/** Role, state and text of each message, as people would tell them. */
export const told = ({ messages }: any): string[] =>
  messages.map(({ role, status, content }: any) => `${role} ${status}: ${content}`);
