import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What a model server does to a connection that has asked it; over when the connection is. */
export type Attack = (connection: Connection) => Promise<void>;

const OK = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n';

/** One request's connection, as raw as TCP gives it. */
export class Connection {
  /** Bytes that have been handed to the system for sending. */
  sent = 0;

  constructor(private readonly socket: Socket) {}

  get open(): boolean {
    return !this.socket.destroyed && this.socket.writable;
  }

  /** Sends bytes, as fast as they are taken. */
  async send(bytes: string | Buffer): Promise<void> {
    if (!this.open) return;
    this.sent += bytes.length;
    if (this.socket.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const goOn = (): void => {
        this.socket.off('drain', goOn).off('close', goOn);
        resolve();
      };
      this.socket.on('drain', goOn).on('close', goOn);
    });
  }

  /** Begins an answer that ends with the connection. */
  begin(): Promise<void> {
    return this.send(`${OK}Connection: close\r\n\r\n`);
  }

  /** Begins one whose pieces have to be framed by the caller. */
  beginChunked(): Promise<void> {
    return this.send(`${OK}Transfer-Encoding: chunked\r\n\r\n`);
  }

  /** Sends the same for as long as somebody takes it. */
  async flood(bytes: string | Buffer): Promise<void> {
    while (this.open) {
      await this.send(bytes);
      // The other connections of this process need their turn.
      await new Promise(setImmediate);
    }
  }

  /** Sends the same again and again, slowly enough to hold the connection for ever. */
  async trickle(bytes: string, everyMs: number): Promise<void> {
    while (this.open) {
      await this.send(bytes);
      await delay(everyMs);
    }
  }

  async json(value: unknown): Promise<void> {
    const body = JSON.stringify(value);
    await this.send(`${OK}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }
}

/** The beginning of an answer's body, then `piece` without an end. */
export const endless =
  (beginning: string, piece: string): Attack =>
  async (connection) => {
    await connection.begin();
    await connection.send(beginning);
    await connection.flood(piece);
  };

/** These bytes instead of an answer's head, then `piece` without an end. */
export const endlessAfter =
  (head: string, piece: string): Attack =>
  async (connection) => {
    await connection.send(head);
    await connection.flood(piece);
  };

const line = (content: string, more: object = {}): string =>
  `${JSON.stringify({ model: 'llama2', message: { role: 'assistant', content }, done: false, ...more })}\n`;

/** The last line of an answer. */
export const LAST_LINE = line('', { done: true, done_reason: 'stop', eval_count: 1 });
/** A line with a word. */
export const LINE = line('word');

const DETAILS = { details: { family: 'llama' }, capabilities: ['completion'] };

/**
 * A model server that serves ordinary people (`llama2`) and attacks who asks for `evil`, or for what
 * an attack was set on.
 */
export class HostileModelServer {
  /** What `evil` answers to a chat. */
  chat: Attack = (connection) => connection.json({});
  /** What is done to a client that asks for the list, or for the details of `evil`. */
  tags: Attack | undefined;
  show: Attack | undefined;
  readonly connections: Connection[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor() {
    this.server = createServer({ noDelay: true }, (socket) => this.accept(socket));
  }

  static async start(): Promise<HostileModelServer> {
    const server = new HostileModelServer();
    await new Promise<void>((resolve) => server.server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
    let request = '';
    socket.on('data', (data) => {
      request += data.toString();
      if (!isWhole(request)) return;
      const asked = request;
      request = '';
      void this.answer(asked, new Connection(socket));
    });
  }

  private async answer(request: string, connection: Connection): Promise<void> {
    const path = request.split(' ', 2)[1] ?? '';
    const evil = /"model":"evil/.test(request);
    if (path === '/api/tags') return (this.tags ?? ordinaryTags)(connection);
    if (path === '/api/show') return (evil && this.show ? this.show : ordinaryShow)(connection);
    if (path !== '/api/chat') return connection.json({ version: '0.9.6' });
    if (!evil) return ordinaryChat(connection);
    this.connections.push(connection);
    return this.chat(connection);
  }
}

function isWhole(request: string): boolean {
  const end = request.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = Number(/content-length: (\d+)/i.exec(request)?.[1] ?? 0);
  return Buffer.byteLength(request.slice(end + 4)) >= length;
}

const ordinaryTags: Attack = (connection) =>
  connection.json({ models: [{ name: 'llama2:latest', digest: 'd1', size: 1_000 }] });

const ordinaryShow: Attack = (connection) => connection.json(DETAILS);

const ordinaryChat: Attack = async (connection) => {
  const body = LINE + LAST_LINE;
  await connection.send(`${OK}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
};
