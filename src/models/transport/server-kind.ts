import type { AppError } from '../../common/errors/app-error.js';

/** What the transport has to know of one kind of model server. */
export interface ServerKind {
  /** As errors and logs name it: `Ollama`. */
  readonly name: string;
  /** Names of the variables that an operator sets for it, as the log gives them. */
  readonly variables: { readonly address: string; readonly credentials: string };
  /**
   * The error of a refused request that the client can correct; undefined where it is a failure of
   * the server.
   *
   * @param words what the server said; empty where it said nothing
   */
  clientError(status: number, words: string, cause: Error): AppError | undefined;
  /** The error of a model that the server does not have. */
  modelNotFound(model: string): AppError;
}
