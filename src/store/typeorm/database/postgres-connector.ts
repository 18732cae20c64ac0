import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../../../migrations/postgres/index.js';
import type { Logger } from '../../../observability/logger.js';
import { ENTITIES } from '../entities/index.js';
import { isTlsRefusal } from './postgres-errors.js';
import { connectionUrls } from './postgres-url.js';
import { DatabaseError, faultOf } from './vendor-error.js';

/** A request that finds no connection waits so long, for the pool or the network. */
const ACQUIRE_TIMEOUT_MS = 3000;

/** Makes connections to the server that a URL names. */
export class PostgresConnector {
  constructor(
    private readonly url: string,
    private readonly logger: Logger,
  ) {}

  /**
   * Up to `size` connections, of which the first is made now.
   *
   * @param settings of pg's clients and pool
   */
  connect(size: number, settings: object): Promise<DataSource> {
    return this.connectBy(connectionUrls(this.url), size, settings);
  }

  /** By the first URL that the server takes; they differ in `sslmode`. */
  private async connectBy(
    [url = this.url, ...others]: string[],
    size: number,
    settings: object,
  ): Promise<DataSource> {
    try {
      return await this.dataSource(url, size, settings).initialize();
    } catch (error) {
      if (others.length === 0 || !isTlsRefusal(error)) throw error;
      return this.connectBy(others, size, settings);
    }
  }

  private dataSource(url: string, poolSize: number, extra: object): DataSource {
    return new DataSource({
      type: 'postgres',
      url,
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
      extra,
    });
  }
}
