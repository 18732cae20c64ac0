import type { LookupFunction } from 'node:net';
import { buildConnector, Client } from 'undici';

const MOST_IDLE = 64;
/** How long an idle connection stays open, unless the server announces a shorter time. */
const IDLE_MS = 60_000;

/**
 * The error for connections that the service closes; one shared object, since creating an error is
 * expensive.
 */
const CLOSED = new Error('Closed by the service');
// Node reads the stack of what a socket is destroyed with; to make it up, the whole source map is parsed.
CLOSED.stack = String(CLOSED);

/** A connection for one request at a time; undici opens it, and opens it again where it was closed. */
export interface Connection {
  readonly client: Client;
  /** Whether it has carried a request since it was opened. */
  used: boolean;
}

export interface ConnectionOptions {
  connectTimeoutMs: number;
  /** How host names are resolved; the system's way by default. */
  lookup?: LookupFunction | undefined;
}

/** The connections to one server; the one released last is used first. */
export class ConnectionPool {
  private readonly connect: ReturnType<typeof buildConnector>;
  private readonly all = new Set<Connection>();
  private readonly idle: Connection[] = [];

  /** @param origin scheme, host and port */
  constructor(
    private readonly origin: string,
    { connectTimeoutMs, lookup }: ConnectionOptions,
  ) {
    this.connect = buildConnector({ timeout: connectTimeoutMs, ...(lookup && { lookup }) });
  }

  acquire(): Connection {
    return this.idle.pop() ?? this.open();
  }

  release(connection: Connection): void {
    if (this.idle.length < MOST_IDLE && this.all.has(connection)) this.idle.push(connection);
    else void this.destroy(connection);
  }

  /** Closes a connection and aborts what it carries; resolves once it is closed. */
  async destroy(connection: Connection): Promise<void> {
    this.all.delete(connection);
    await connection.client.destroy(CLOSED);
  }

  close(): void {
    for (const connection of this.all) void this.destroy(connection);
    this.idle.length = 0;
  }

  private open(): Connection {
    // No timeouts for headers or for the next byte: the request has its own timers.
    const limits = { headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: IDLE_MS };
    const client = new Client(this.origin, { connect: this.connect, ...limits });
    const connection = { client, used: false };
    client.on('connect', () => (connection.used = false));
    this.all.add(connection);
    return connection;
  }
}
