import type { EndExtent, GenerationEnd, LogBatch } from '../../../domain/generation.js';
import type {
  ChainedWrite,
  ChainResult,
  SqlDatabase,
  SqlSession,
  SqlValue,
} from '../database/sql-database.js';
import { encodeJson } from '../../support/answer-json.js';
import { STILL_RUNS } from './generation-record.js';
import {
  CONVERSATION_STEPS,
  finishCommittedWrite,
  finishRecordWrite,
  finishWrite,
  commitTurnWrite,
} from './turn-sql.js';

type Outcome = 'ended' | 'deleted' | 'lost';

/** A generation that runs under a worker, and how it ends. */
export interface Ending {
  key: string;
  workerId: string;
  end: GenerationEnd;
  /** The last token events, where they are not stored yet. */
  tail: LogBatch | null;
}

/** Commits staged turns as messages and ends generations. */
export class TurnWriter {
  private readonly committing: ChainedWrite;
  private readonly finishing: ChainedWrite;
  private readonly finishingCommitted: ChainedWrite;
  private readonly finishingRecord = finishRecordWrite();
  /**
   * Generations that were committed here and still run: the first statement that is tried for their
   * end.
   */
  private readonly committed = new Set<string>();

  constructor(private readonly database: SqlDatabase) {
    this.committing = commitTurnWrite(database.dialect);
    this.finishing = finishWrite(database.dialect);
    this.finishingCommitted = finishCommittedWrite(database.dialect);
  }

  /** Not durable: only the end is acknowledged, and a power failure before it takes back an unfinished answer. */
  commit(key: string, workerId: string, now: number): Promise<'committed' | 'deleted' | 'lost'> {
    return this.database.chained(async (session) => {
      const result = await session.chain(this.committing, [key, workerId, now]);
      if (!result) return this.stateOf(session, key, workerId);
      if (hasConversation(result)) {
        this.committed.add(key);
        return 'committed';
      }
      await markDeleted(session, key);
      return 'deleted';
    }, false);
  }

  end(ending: Ending, extent: EndExtent): Promise<Outcome> {
    return this.database.chained((session) => this.endIn(session, ending, extent), true);
  }

  /** The same as a part of a transaction. */
  endIn(session: SqlSession, ending: Ending, extent: EndExtent): Promise<Outcome> {
    return extent === 'turn' ? this.endTurn(session, ending) : this.endRecord(session, ending);
  }

  private async endTurn(session: SqlSession, ending: Ending): Promise<Outcome> {
    const { key } = ending;
    const parameters = [...endParameters(ending), ...tailParameters(ending.tail)];
    // A streamed turn is committed at its first token, a whole one is not.
    const shorter = this.committed.delete(key)
      ? await session.chain(this.finishingCommitted, parameters)
      : null;
    const result = shorter ?? (await session.chain(this.finishing, parameters));
    if (!result) return 'lost';
    if (result.head.conversation_deleted) return 'deleted';
    if (result.head.turn_state === 'staged' || hasConversation(result)) return 'ended';
    await markDeleted(session, key);
    return 'deleted';
  }

  private async endRecord(session: SqlSession, ending: Ending): Promise<Outcome> {
    this.committed.delete(ending.key);
    const result = await session.chain(this.finishingRecord, endParameters(ending));
    if (!result) return 'lost';
    return result.head.conversation_deleted ? 'deleted' : 'ended';
  }

  /** Why a turn was not committed just now. */
  private async stateOf(session: SqlSession, key: string, workerId: string) {
    const [row] = await session.query<{ conversation_deleted: boolean | number }>(
      `SELECT conversation_deleted FROM generations
       WHERE key = $1 AND worker_id = $2 AND ${STILL_RUNS}`,
      [key, workerId],
    );
    if (!row) return 'lost';
    return row.conversation_deleted ? 'deleted' : 'committed';
  }
}

function hasConversation(result: ChainResult): boolean {
  return [...CONVERSATION_STEPS, 'touched'].some((step) => result.returned(step) > 0);
}

/**
 * For a generation that was claimed during the deletion of its conversation and was not visible to
 * it: applies the effects of the deletion.
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

/** Parameters `$1` to `$17`. */
function endParameters({ key, workerId, end }: Ending): SqlValue[] {
  const { error, usage } = end;
  return [
    key,
    workerId,
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
    end.commit,
    end.seq,
    encodeJson(end.parts),
    encodeJson(end.report),
  ];
}

/** Parameters `$18` to `$20`: first number, how many, and the pieces as JSON. */
function tailParameters(tail: LogBatch | null): SqlValue[] {
  if (!tail || tail.tokens.length === 0) return [null, null, null];
  return [tail.firstSeq, tail.tokens.length, JSON.stringify(tail.tokens)];
}

/** PostgreSQL cannot store NUL; users' texts have none, texts of models might. */
function storable(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}
