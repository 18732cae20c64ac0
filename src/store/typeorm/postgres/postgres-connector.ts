import { userInfo } from 'node:os';
import type pg from 'pg';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../../../migrations/postgres/index.js';
import type { AppLogger } from '../../../observability/app-logger.js';
import { DatabaseError, faultOf } from '../database/driver-errors.js';
import { ENTITIES } from '../entities/entities.js';
import { PostgresEndpoints } from './postgres-endpoints.js';
import { isPoolExhausted, isTlsRefusal, postgresError, READ_ONLY } from './postgres-errors.js';
import type { PgClient } from './postgres-session.js';
import { assertEncoding, setUp, type SessionSettings } from './postgres-setup.js';
import { endpointsOf, type DriverDefaults, type Endpoint } from './postgres-url.js';

/** A request that finds no connection waits so long, for the pool or the network. */
const ACQUIRE_TIMEOUT_MS = 3000;
/** Idle connections are closed after it. */
const IDLE_TIMEOUT_MS = 60_000;

type Pg = Pick<typeof pg, 'Client'>;

/** Makes connections to the server, or to the one of several, that a URL names. */
export class PostgresConnector {
  private found: PostgresEndpoints | null = null;
  private encodingReported = false;

  constructor(
    private readonly url: string,
    private readonly logger: AppLogger,
  ) {}

  /** The endpoints of the server; there are none before the first try to connect. */
  get endpoints(): PostgresEndpoints {
    if (!this.found) throw new Error('The endpoints are not known yet');
    return this.found;
  }

  /** Up to `size` connections, of which the first is made now: through the first endpoint that works. */
  async connect(size: number, settings: SessionSettings): Promise<DataSource> {
    const { default: driver } = await import('pg');
    this.found ??= new PostgresEndpoints(endpointsOf(this.url, defaultsOf(driver)));
    const endpoints = this.found;
    for (let left = endpoints.count; ; left -= 1) {
      const endpoint = endpoints.current;
      try {
        return await this.dataSource(driver, size, settings).initialize();
      } catch (error) {
        if (left <= 1 || !this.leave(endpoint, error)) throw error;
      }
    }
  }

  /** Takes another endpoint from now on where one failed; false where there is none. */
  leave(endpoint: Endpoint, error: unknown): boolean {
    return (
      !isPoolExhausted(error) && isEndpointFailure(error) && this.endpoints.leave(endpoint, error)
    );
  }

  private dataSource({ Client }: Pg, poolSize: number, settings: SessionSettings): DataSource {
    const { endpoints } = this;
    return new DataSource({
      type: 'postgres',
      entities: ENTITIES,
      migrations: MIGRATIONS,
      applicationName: 'chat-service',
      poolSize,
      connectTimeoutMS: ACQUIRE_TIMEOUT_MS,
      logging: false,
      // Without a listener the loss of an idle connection would end the process.
      poolErrorHandler: (error: unknown) =>
        this.logger.warn('The database closed an idle connection', {
          error: new DatabaseError(faultOf(error)),
        }),
      extra: {
        keepAlive: true,
        // A statement need not wait for the answer to the one before it.
        pipeline: true,
        idleTimeoutMillis: IDLE_TIMEOUT_MS,
        query_timeout: settings.answerMs,
        onConnect: (client: PgClient) => this.examine(client, settings),
        Client: class extends Client {
          constructor(config: pg.ClientConfig) {
            super({ ...config, connectionString: endpoints.current.url });
          }
        },
      },
    });
  }

  /** Checks a new connection; if it fails, the connection is closed. */
  private async examine(client: PgClient, settings: SessionSettings): Promise<void> {
    const { encoding, isReadOnly } = await setUp(client, settings);
    assertEncoding(encoding);
    if (encoding === 'SQL_ASCII' && !this.encodingReported) {
      this.encodingReported = true;
      this.logger.warn(
        'The encoding of the database is SQL_ASCII, which does not validate text; a database ' +
          'created by createdb -E UTF8 -T template0 is safer',
      );
    }
    if (isReadOnly && this.endpoints.hasHosts) throw new StandbyError();
  }
}

/** One of several hosts that is read-only. */
class StandbyError extends Error {
  override readonly name = 'StandbyError';
  readonly code = READ_ONLY;

  constructor() {
    super('This server is read-only');
  }
}

/** Whether the database may still be reached through another endpoint. */
function isEndpointFailure(error: unknown): boolean {
  return isTlsRefusal(error) || postgresError(error).reason === 'store_unavailable';
}

/** As PostgreSQL's own clients do: the user of this process, unless PGUSER is set. */
function defaultsOf({ Client }: Pg): DriverDefaults {
  const { host, user } = new Client({});
  return { host, user: user ?? processUser() };
}

/** Null for a user id without a name, as containers may run with. */
function processUser(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}
