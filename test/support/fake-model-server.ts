import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { script, type ChatScript } from './chat-script.js';
import { playScript } from './play-script.js';
import { RecordedRequest } from './recorded-request.js';

type Answerer = (request: RecordedRequest) => ChatScript;

/**
 * A scripted model server on a free port of the loopback: it answers what it can by itself, and chats only
 * with prepared scripts. See `FakeOllama`, `FakeOpenAi`.
 */
export abstract class FakeModelServer {
  readonly requests: RecordedRequest[] = [];
  private server: Server | undefined;
  private port = 0;
  private readonly queues = new Map<string, ChatScript[]>();
  private readonly standing = new Map<string, Answerer>();
  private readonly unexpected: string[] = [];
  private arrivals: (() => void)[] = [];

  /** The path of chats. */
  protected abstract readonly chatPath: string;

  /** What the real one answers without a script; undefined for a chat with a model that it has. */
  protected abstract answerOf(request: RecordedRequest): ChatScript | undefined;

  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Chats in the order of their arrival. */
  get chats(): RecordedRequest[] {
    return this.to(this.chatPath);
  }

  to(path: string): RecordedRequest[] {
    return this.requests.filter((request) => request.path === path);
  }

  /** Prepares the next chat; several are used in order, each once (or `times`). */
  next(chat: ChatScript, times = 1): this {
    return this.nextAt(this.chatPath, chat, times);
  }

  /** Prepares the next request to another path. */
  nextAt(path: string, chat: ChatScript, times = 1): this {
    const queue = this.queues.get(path) ?? [];
    this.queues.set(path, [...queue, ...Array.from({ length: times }, () => chat)]);
    return this;
  }

  /** Answers every chat (with `model`, where given) that has no script of its own. */
  always(chat: ChatScript | Answerer, model = ''): this {
    this.standing.set(model, typeof chat === 'function' ? chat : () => chat);
    return this;
  }

  /** The chat of this number (from 0), as soon as it has arrived. */
  async chat(index: number): Promise<RecordedRequest> {
    for (;;) {
      const found = this.chats[index];
      if (found) return found;
      await new Promise<void>((resolve) => this.arrivals.push(resolve));
    }
  }

  /** Throws when a chat came that no script was prepared for. */
  assertNoUnexpected(): void {
    if (this.unexpected.length > 0) {
      throw new Error(`Unexpected requests: ${this.unexpected.join(', ')}`);
    }
  }

  /** Connections that are open now. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) => {
      if (!this.server) resolve(0);
      else this.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
    });
  }

  /** Refuses connections from now on, and breaks those there are. */
  async stopListening(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async listenAgain(): Promise<void> {
    const server = createServer({ noDelay: true, keepAliveTimeout: 0 });
    server.on('request', (request, response) => void this.serve(request, response));
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return this.stopListening();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    const body = await readText(request).catch(() => null);
    if (body === null) return;
    const record = new RecordedRequest(request, response, body);
    this.requests.push(record);
    for (const arrived of this.arrivals.splice(0)) arrived();
    await playScript(this.scriptFor(record), response, record);
  }

  private scriptFor(request: RecordedRequest): ChatScript {
    return (
      this.queues.get(request.path)?.shift() ??
      this.answerOf(request) ??
      this.standingFor(request) ??
      this.refuseUnexpected(request)
    );
  }

  private standingFor(request: RecordedRequest): ChatScript | undefined {
    if (request.path !== this.chatPath) return undefined;
    const answerer = this.standing.get(request.body.model) ?? this.standing.get('');
    return answerer?.(request);
  }

  private refuseUnexpected(request: RecordedRequest): ChatScript {
    this.unexpected.push(`${request.method} ${request.path}`);
    return script().error(500, 'No script was prepared for this request');
  }
}
