import type { LookupFunction } from 'node:net';
import type { AppError } from '../../../../common/errors/app-error.js';
import type { CancelSignal } from '../../../../domain/cancellation.js';
import type { Logger } from '../../../../observability/logger.js';
import { sameModel } from '../../../../domain/model-name.js';
import { isRecord } from './chat-line.js';
import { ChatAttempt, type ChatLineSink } from './chat-attempt.js';
import { readWhole } from './json-call.js';
import { hasMoreValues } from './json-values.js';
import { errorCode } from './network-failure.js';
import { modelNotFound, nonsense } from './ollama-errors.js';
import { statusFailure, type RefusedAnswer } from './status-failure.js';
import { OllamaHttp } from './ollama-http.js';
import type { OllamaOptions } from '../ollama-options.js';
import type { OllamaAddress } from './request-headers.js';
import { withRetries, type RetryPolicy } from './retry.js';

/** From the contract: all attempts of a request begin within 8 s. */
const ATTEMPTS_WITHIN_MS = 8_000;
const FIRST_PAUSE_MS = 200;
const CONNECT_TIMEOUT_MS = 5_000;

export interface JsonRequest {
  method: 'GET' | 'POST';
  path: string;
  /** Sent as JSON. */
  body?: object;
  timeoutMs: number;
  /** The model it is about; a request without one is never answered `model_not_found`. */
  model?: string;
  /** Whether failures that may pass are retried as those of a chat are. */
  retried?: boolean;
}

/** Our way to Ollama: retries, silence, aborts and errors are decided here and nowhere else. */
export class OllamaTransport {
  private readonly http: OllamaHttp;

  /** @param lookup how host names are resolved; the system's way by default. */
  constructor(
    private readonly options: OllamaAddress &
      Pick<OllamaOptions, 'defaultModel' | 'timeoutMs' | 'retries'>,
    private readonly logger: Logger,
    lookup?: LookupFunction,
  ) {
    this.http = new OllamaHttp(options, { connectTimeoutMs: CONNECT_TIMEOUT_MS, lookup });
  }

  /**
   * `POST /api/chat`, each line of the answer pushed into `sink`. Resolves once Ollama said `done`.
   *
   * @throws AppError `model_unavailable`, `model_not_found`, `model_silent`, `validation` (a model
   * that cannot chat), or the signal's reason; the connection is closed by then.
   */
  chat(request: { model: string }, sink: ChatLineSink, signal: CancelSignal): Promise<void> {
    const body = JSON.stringify(request);
    const refusal = (answer: RefusedAnswer) =>
      statusFailure(answer, () => this.notFound(request.model));
    return withRetries(
      (leftMs) => {
        signal.throwIfAborted();
        const connectTimeoutMs = Math.min(CONNECT_TIMEOUT_MS, leftMs);
        const limits = { timeoutMs: this.options.timeoutMs, connectTimeoutMs, refusal };
        return new ChatAttempt(sink, limits, signal).run(this.http, body);
      },
      this.policy(this.options.retries),
      signal,
    );
  }

  /**
   * A short request with a JSON object for an answer.
   *
   * @throws AppError `model_unavailable` or, on a 404 that Ollama itself gave, `model_not_found`.
   */
  async json(request: JsonRequest): Promise<Record<string, unknown>> {
    const body = request.body && JSON.stringify(request.body);
    const retries = request.retried === true ? this.options.retries : 0;
    return withRetries(async () => {
      const { method, path, timeoutMs, model } = request;
      const answer = await readWhole(this.http, { method, path, body }, timeoutMs);
      if (answer.status === 200) return parseObject(answer.body);
      throw statusFailure(answer, model === undefined ? null : () => this.notFound(model));
    }, this.policy(retries));
  }

  close(): void {
    this.http.close();
  }

  private policy(retries: number): RetryPolicy {
    return {
      retries,
      withinMs: ATTEMPTS_WITHIN_MS,
      firstPauseMs: FIRST_PAUSE_MS,
      onRecovery: (failure, retried) =>
        this.logger.warn('Ollama answered only when it was asked again', {
          retries: retried,
          cause: errorCode(failure.cause) ?? failure.message,
        }),
    };
  }

  private notFound(model: string): AppError {
    const { defaultModel } = this.options;
    return modelNotFound(sameModel(model, defaultModel), defaultModel);
  }
}

/** Those of some ten thousand models. */
const MOST_VALUES = 250_000;

function parseObject(text: string): Record<string, unknown> {
  if (hasMoreValues(text, MOST_VALUES)) throw nonsense('An answer has too many values');
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {
    // Said below, without the parser's quote of the text.
  }
  throw nonsense('An answer is no JSON object');
}
