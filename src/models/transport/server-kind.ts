import type { AppError } from '../../common/errors/app-error.js';

/** Description of one kind of model server for the transport. */
export interface ServerKind {
  /** Its name in errors and logs: `Ollama`. */
  readonly name: string;
  /** What a failure says has failed: `Ollama service`. */
  readonly service: string;
  /** Names of its variables, for log messages. */
  readonly variables: { readonly address: string; readonly credentials: string };
  /**
   * The error of a refused request that the client can correct; undefined where it is a failure of
   * the server.
   *
   * @param words what the server said; empty where it said nothing
   */
  clientError(status: number, words: string, cause: Error): AppError | undefined;
  /** Statuses with which it refuses a request that the client can correct, if it says so in JSON. */
  readonly requestStatuses: readonly number[];
  /** The error of a model that the server does not have. */
  modelNotFound(model: string): AppError;
}
