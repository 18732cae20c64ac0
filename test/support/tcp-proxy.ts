import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Pair {
  client: Socket;
  upstream: Socket;
}

/**
 * A network between a client and a server that fails in the ways networks do. Existing and new
 * connections are treated differently, as in reality:
 *
 * | call | those that are there | those to come |
 * | --- | --- | --- |
 * | `refuse()` … `accept()` | go on | are refused |
 * | `reset()`, `cut()` | end, with and without an error | go on |
 * | `stall()` … `flow()` | nothing arrives, either way, until `flow` | the same |
 * | `freeze()` | nothing arrives any more, without an error | go on |
 * | `loseReplies()` | end with the next reply, which is lost | go on |
 * | `delayMs = 20` | each piece is late, either way | the same |
 */
export class TcpProxy {
  /** How late each piece is, in milliseconds. */
  delayMs = 0;
  private server: Server | null = null;
  private port = 0;
  private readonly pairs = new Set<Pair>();
  private stalled = false;

  private constructor(private readonly target: URL) {}

  /** A proxy before the server of this URL, which accepts. */
  static async before(url: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(url));
    await proxy.accept();
    return proxy;
  }

  /** The target's URL with this proxy's address; it stays the same. */
  get url(): string {
    const url = new URL(this.target);
    url.host = `127.0.0.1:${this.port}`;
    return url.href.replace(/\/$/, '');
  }

  async accept(): Promise<void> {
    if (this.server) return;
    const server = createServer((client) => this.join(client));
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Listening ends at once, though the server counts as closed only after its last connection. */
  refuse(): void {
    this.server?.close();
    this.server = null;
  }

  reset(): void {
    for (const { client, upstream } of this.pairs) {
      resetSocket(client);
      upstream.destroy();
    }
  }

  cut(): void {
    for (const { client, upstream } of this.pairs) {
      client.end();
      upstream.destroy();
    }
  }

  stall(): void {
    this.stalled = true;
    for (const pair of this.pairs) pause(pair);
  }

  flow(): void {
    this.stalled = false;
    for (const { client, upstream } of this.pairs) {
      client.resume();
      upstream.resume();
    }
  }

  freeze(): void {
    for (const { client, upstream } of this.pairs) {
      for (const socket of [client, upstream]) socket.removeAllListeners('data').resume();
    }
  }

  /** Resolves when a reply was lost. */
  async loseReplies(): Promise<void> {
    await Promise.race(
      [...this.pairs].map(async ({ client, upstream }) => {
        upstream.removeAllListeners('data');
        await once(upstream, 'data');
        resetSocket(client);
        upstream.destroy();
      }),
    );
  }

  /** Refuses connections, and ends those there are; `accept` brings the network back. */
  close(): void {
    this.refuse();
    for (const { client, upstream } of this.pairs) {
      client.destroy();
      upstream.destroy();
    }
  }

  private join(client: Socket): void {
    const upstream = connect(Number(this.target.port), this.target.hostname);
    const pair = { client, upstream };
    this.pairs.add(pair);
    this.carry(client, upstream, pair);
    this.carry(upstream, client, pair);
    if (this.stalled) pause(pair);
  }

  private carry(from: Socket, to: Socket, pair: Pair): void {
    from.on('data', (data: Buffer) => {
      if (this.delayMs === 0) to.write(data);
      else setTimeout(() => to.write(data), this.delayMs);
    });
    from.on('end', () => setTimeout(() => to.end(), this.delayMs));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.pairs.delete(pair);
      setTimeout(() => to.destroy(), this.delayMs);
    });
  }
}

/** A reset of a socket that is being closed fails, and leaves it open forever. */
function resetSocket(socket: Socket): void {
  if (socket.writableEnded || socket.readableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

function pause({ client, upstream }: Pair): void {
  client.pause();
  upstream.pause();
}
