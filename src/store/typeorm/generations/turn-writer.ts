import type { GenerationEnd, LogBatch } from '../../../domain/generation.js';
import type { ChainedWrite, ChainResult } from '../database/chained-write.js';
import type { SqlDatabase, SqlSession, SqlValue } from '../database/sql-database.js';
import { STILL_RUNS } from './running.js';
import { CONVERSATION_STEPS, finishKeptWrite, finishWrite, keepTurnWrite } from './turn-sql.js';

/** Turns staged turns into messages and ends generations. */
export class TurnWriter {
  private readonly keeping: ChainedWrite;
  private readonly finishing: ChainedWrite;
  private readonly finishingKept: ChainedWrite;
  /** Those that were kept here and still run: what their end is tried with first. */
  private readonly kept = new Set<string>();

  constructor(private readonly database: SqlDatabase) {
    this.keeping = keepTurnWrite(database.dialect);
    this.finishing = finishWrite(database.dialect);
    this.finishingKept = finishKeptWrite(database.dialect);
  }

  /** The end is what is promised; a power failure before it takes back an answer in the making. */
  keep(key: string, workerId: string, now: number): Promise<'kept' | 'deleted' | 'lost'> {
    return this.database.chained(async (session) => {
      const result = await session.chain(this.keeping, [key, workerId, now]);
      if (!result) return this.stateOf(session, key, workerId);
      if (hasConversation(result)) {
        this.kept.add(key);
        return 'kept';
      }
      await markDeleted(session, key);
      return 'deleted';
    }, false);
  }

  end(
    key: string,
    workerId: string,
    end: GenerationEnd,
    tail: LogBatch | null,
  ): Promise<'ended' | 'deleted' | 'lost'> {
    return this.database.chained((session) => this.endIn(session, key, workerId, end, tail), true);
  }

  /** The same as a part of a transaction. */
  async endIn(
    session: SqlSession,
    key: string,
    workerId: string,
    end: GenerationEnd,
    tail: LogBatch | null,
  ): Promise<'ended' | 'deleted' | 'lost'> {
    const parameters = [key, workerId, ...finishParameters(end, tail)];
    // A streamed turn is kept at its first token, a whole one is not.
    const shorter = this.kept.delete(key)
      ? await session.chain(this.finishingKept, parameters)
      : null;
    const result = shorter ?? (await session.chain(this.finishing, parameters));
    if (!result) return 'lost';
    if (result.head.conversation_deleted) return 'deleted';
    if (result.head.turn_state === 'staged' || hasConversation(result)) return 'ended';
    await markDeleted(session, key);
    return 'deleted';
  }

  /** Why a turn was not kept just now. */
  private async stateOf(session: SqlSession, key: string, workerId: string) {
    const [row] = await session.query<{ conversation_deleted: boolean | number }>(
      `SELECT conversation_deleted FROM generations
       WHERE key = $1 AND worker_id = $2 AND ${STILL_RUNS}`,
      [key, workerId],
    );
    if (!row) return 'lost';
    return row.conversation_deleted ? 'deleted' : 'kept';
  }
}

function hasConversation(result: ChainResult): boolean {
  return [...CONVERSATION_STEPS, 'touched'].some((step) => result.returned(step) > 0);
}

/**
 * For a generation that was claimed while its conversation was being deleted, which the deletion
 * could not see: it is as if it had.
 */
async function markDeleted(session: SqlSession, key: string): Promise<void> {
  await session.query(
    `UPDATE generations SET conversation_deleted = TRUE,
       turn_state = CASE WHEN turn_state = 'kept_at_end' OR finished_at IS NULL
         THEN 'staged' ELSE turn_state END,
       stop_signal = CASE WHEN finished_at IS NULL THEN 'conversation_deleted' ELSE stop_signal END
     WHERE key = $1`,
    [key],
  );
}

/** Parameters from `$3` on. */
function finishParameters(end: GenerationEnd, tail: LogBatch | null): SqlValue[] {
  const { error, usage } = end;
  return [
    end.status,
    end.phase,
    end.finishReason,
    usage?.promptTokens ?? null,
    usage?.completionTokens ?? null,
    storable(end.response),
    error?.error ?? null,
    error?.code ?? null,
    error?.reason ?? null,
    end.finishedAt,
    end.upstreamClosed,
    end.keep,
    ...tailParameters(tail),
  ];
}

function tailParameters(tail: LogBatch | null): SqlValue[] {
  if (!tail || tail.tokens.length === 0) return [null, null, null];
  return [tail.firstSeq, tail.tokens.length, JSON.stringify(tail.tokens)];
}

/** PostgreSQL stores no NUL; what people write has none, what a model writes might. */
function storable(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}
