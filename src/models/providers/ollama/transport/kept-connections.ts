import type { LookupFunction } from 'node:net';
import { buildConnector, Client } from 'undici';

const IDLE_CONNECTIONS = 64;
/** The server says when it closes an idle connection, or we do after so long. */
const IDLE_MS = 60_000;

/** What undici is told of a connection that we end. One for all: an error costs its stack. */
const ENDED = new Error('Ended by the service');

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

/** The connections to one server; the last that became free is taken first. */
export class KeptConnections {
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

  take(): Connection {
    return this.idle.pop() ?? this.open();
  }

  /** For the next request. */
  giveBack(connection: Connection): void {
    if (this.idle.length < IDLE_CONNECTIONS && this.all.has(connection)) this.idle.push(connection);
    else void this.end(connection);
  }

  /** Ends one, with what it carries; resolves once it is closed. */
  async end(connection: Connection): Promise<void> {
    this.all.delete(connection);
    await connection.client.destroy(ENDED);
  }

  close(): void {
    for (const connection of this.all) void this.end(connection);
    this.idle.length = 0;
  }

  private open(): Connection {
    // No limit on the wait for headers or for the next byte: that is judged by who reads them.
    const limits = { headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: IDLE_MS };
    const client = new Client(this.origin, { connect: this.connect, ...limits });
    const connection = { client, used: false };
    client.on('connect', () => (connection.used = false));
    this.all.add(connection);
    return connection;
  }
}
