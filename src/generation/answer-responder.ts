import { Inject, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { keyRevoked } from '../common/errors/key-revoked.js';
import { clientDisconnect } from '../common/http/client-disconnect.js';
import type { CancelSignal } from '../domain/cancellation.js';
import { noteReason } from '../common/errors/error-responder.js';
import { requestContext } from '../common/http/request-context.js';
import type { Wire } from '../domain/wire.js';
import { Meter } from '../observability/meter.js';
import type { ConfigType } from '@nestjs/config';
import { generationConfig } from '../config/namespaces.js';
import type { Answer } from './answer.js';
import { isErrorReason, thrownError, type DoneEvent } from './events.js';
import type { StreamFormat } from './stream-format.js';
import { EventStream, type EventStreamOptions } from './stream/event-stream.js';
import { isReadToEnd, resumePoint, type ReaderPosition } from './stream/resume-point.js';

/**
 * A failure before the first token has its own status; after this time the headers are sent with
 * 200.
 */
const HEADERS_WAIT_MS = 10_000;

type StreamOptions = Omit<EventStreamOptions, 'stallTimeoutMs' | 'withdrawn'>;

/** Writes an answer to one HTTP response, and counts its client as a reader meanwhile. */
@Injectable()
export class AnswerResponder {
  private present = 0;

  constructor(
    @Inject(generationConfig.KEY) private readonly settings: ConfigType<typeof generationConfig>,
    private readonly meter: Meter,
  ) {}

  /** Responses that read an answer now. */
  get readers(): number {
    return this.present;
  }

  /** The headers by which a client can cancel, join and continue; on errors too. */
  announce(response: Response, answer: Answer, replayed: boolean): void {
    if (answer.conversationId !== null)
      response.setHeader('X-Conversation-Id', answer.conversationId);
    response.setHeader('X-Generation-Id', answer.generationId);
    if (replayed) response.setHeader('Idempotency-Replayed', 'true');
  }

  /** The end of the whole answer; null when the client left first. Throws the error that ended it. */
  whole(response: Response, answer: Answer): Promise<DoneEvent | null> {
    return this.reading(response, answer, async (disconnect) => {
      const terminal = await answer.log.ended(disconnect);
      assertNotWithdrawn(response);
      if (terminal?.type === 'error') throw thrownError(terminal);
      return terminal;
    });
  }

  /** Waits for the end for a limited time; returns whether it has come. */
  async endsWithin(response: Response, answer: Answer, withinMs: number): Promise<boolean> {
    if (withinMs <= 0) return false;
    return this.reading(response, answer, async (disconnect) => {
      const terminal = await answer.log.ended(disconnect, withinMs);
      assertNotWithdrawn(response);
      return terminal !== null;
    });
  }

  /**
   * Streams the answer, or the events after `lastEventId`. Throws when it failed before its first
   * token (with phases, that is an error block), or `validation` for an id that names no event.
   *
   * @param options.newTurnOf the wire of a turn that this request has begun: its first token is timed
   */
  async stream(
    response: Response,
    answer: Answer,
    options: {
      format: StreamFormat;
      phases?: boolean;
      lastEventId?: string | undefined;
      newTurnOf?: Wire | null;
    },
  ): Promise<void> {
    const { format, lastEventId, phases = false, newTurnOf = null } = options;
    const after = await resumePoint(answer, { lastEventId });
    if (after > 0) return this.after(response, answer, { format, after, phases });
    if (newTurnOf !== null) void this.timeFirstToken(response, answer, newTurnOf);
    // The present phase is written at once, and the headers with it.
    if (phases)
      return this.reading(response, answer, () =>
        this.write(response, answer, { format, after, phases }),
      );
    return this.reading(response, answer, async (disconnect) => {
      await answer.log.growth(0, disconnect, HEADERS_WAIT_MS);
      assertNotWithdrawn(response);
      const { terminal, tokenCount } = answer.log;
      if (terminal?.type === 'error' && tokenCount === 0) throw thrownError(terminal);
      await this.write(response, answer, { format, after });
    });
  }

  /** The events after the reader's last one, headers at once. Throws `validation`. */
  async resume(
    response: Response,
    answer: Answer,
    options: ReaderPosition & { format: StreamFormat; phases?: boolean },
  ): Promise<void> {
    const { format, phases = false } = options;
    const after = await resumePoint(answer, options);
    await this.after(response, answer, { format, after, phases });
  }

  /** 204 after the last event of all: an `EventSource` reconnects until it gets one. */
  private async after(response: Response, answer: Answer, options: StreamOptions): Promise<void> {
    if (isReadToEnd(answer, options.after)) {
      response.status(204).end();
      return;
    }
    await this.reading(response, answer, () => this.write(response, answer, options));
  }

  private async write(response: Response, answer: Answer, options: StreamOptions): Promise<void> {
    const { stallTimeoutMs } = this.settings;
    const withdrawn = withdrawnOf(response);
    await new EventStream(response, answer, { stallTimeoutMs, withdrawn, ...options }).run();
    if (withdrawn?.aborted) {
      noteReason(response, 'key_revoked');
      return;
    }
    const { terminal } = answer.log;
    if (terminal?.type !== 'error' || response.destroyed) return;
    const { reason } = terminal.error;
    noteReason(response, isErrorReason(reason) ? reason : 'internal');
  }

  /** Its reader writes the token in the same turn of the event loop. */
  private async timeFirstToken(response: Response, answer: Answer, wire: Wire): Promise<void> {
    await answer.log.growth(0);
    if (answer.log.tokenCount === 0 || response.destroyed) return;
    const { receivedAt } = requestContext(response.req);
    this.meter.firstTokenSent(wire, (performance.now() - receivedAt) / 1000);
  }

  /** Counts the client as a reader until it disconnects or `read` has ended, whichever is first. */
  private async reading<T>(
    response: Response,
    answer: Answer,
    read: (disconnect: CancelSignal) => Promise<T>,
  ): Promise<T> {
    const disconnect = clientDisconnect(response, withdrawnOf(response));
    const leave = answer.enter(() => {
      response.destroy();
      leave();
    });
    this.present += 1;
    disconnect.addEventListener('abort', leave);
    if (disconnect.aborted) leave();
    try {
      return await read(disconnect);
    } finally {
      leave();
      this.present -= 1;
    }
  }
}

/** Aborts when the key of the response's request is revoked. */
function withdrawnOf({ req }: Response): CancelSignal | null {
  return requestContext(req).withdrawn;
}

/** A client whose key was revoked while it waited gets no answer. */
function assertNotWithdrawn(response: Response): void {
  if (withdrawnOf(response)?.aborted) throw keyRevoked();
}
