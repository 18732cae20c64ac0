import type {
  EndExtent,
  GenerationEnd,
  LogBatch,
  NewGeneration,
} from '../../../domain/generation.js';
import { dayOf } from '../../../domain/utc-days.js';
import type {
  ChainedWrite,
  ChainResult,
  SqlDatabase,
  SqlSession,
  SqlValue,
} from '../database/sql-database.js';
import { encodeJson } from '../../support/answer-json.js';
import { STILL_RUNS } from './generation-record.js';
import { commitPlainWrites, finishPlainWrites, type PlainWrites } from './plain-turn-sql.js';
import { plainKind, type PlainKind } from './staged-columns.js';
import {
  finishCommittedWrite,
  finishRecordWrite,
  finishWrite,
  commitTurnWrite,
} from './turn-sql.js';
import { CONVERSATION_STEPS } from './written-sql.js';

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
  private readonly finishingRecord: ChainedWrite;
  private readonly committingPlain: PlainWrites;
  private readonly finishingPlain: PlainWrites;
  /**
   * Generations that were claimed here and still run, where a shorter statement is tried first: by the place
   * of their turn, or because it is committed.
   */
  private readonly known = new Map<string, PlainKind | 'committed'>();

  constructor(private readonly database: SqlDatabase) {
    this.committing = commitTurnWrite(database.dialect);
    this.finishing = finishWrite(database.dialect);
    this.finishingCommitted = finishCommittedWrite(database.dialect);
    this.finishingRecord = finishRecordWrite(database.dialect);
    this.committingPlain = commitPlainWrites(database.dialect);
    this.finishingPlain = finishPlainWrites(database.dialect);
  }

  /** A generation that will end here. */
  claimed({ key, turn }: NewGeneration): void {
    const kind = plainKind(turn);
    if (kind) this.known.set(key, kind);
  }

  /** A generation that will not. */
  abandoned(key: string): void {
    this.known.delete(key);
  }

  /** Not durable: only the end is acknowledged, and a power failure before it takes back an unfinished answer. */
  commit(
    key: string,
    workerId: string,
    now: number,
    { parentId, promptTokens }: { parentId: string | null; promptTokens: number | null },
  ): Promise<'committed' | 'deleted' | 'lost'> {
    return this.database.chained(async (session) => {
      const parameters = [key, workerId, now, promptTokens];
      const result =
        (await inPlainPlace(
          session,
          this.committingPlain,
          this.known.get(key),
          parameters,
          parentId,
        )) ?? (await session.chain(this.committing, [...parameters, parentId]));
      if (!result) return this.stateOf(session, key, workerId);
      if (result.head.stateless || hasConversation(result)) {
        this.known.set(key, 'committed');
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
    const { key, end } = ending;
    const parameters = [...endParameters(ending), ...tailParameters(ending.tail)];
    // A streamed turn is committed at its first token, a whole one is not.
    const known = this.known.get(key);
    this.known.delete(key);
    const plain = end.commit ? known : undefined;
    const shorter =
      known === 'committed'
        ? await session.chain(this.finishingCommitted, parameters)
        : await inPlainPlace(session, this.finishingPlain, plain, parameters, end.parentId);
    const result = shorter ?? (await session.chain(this.finishing, [...parameters, end.parentId]));
    if (!result) return 'lost';
    if (result.head.stateless) return 'ended';
    if (result.head.conversation_deleted) return 'deleted';
    if (result.head.turn_state === 'staged' || hasConversation(result)) return 'ended';
    await markDeleted(session, key);
    return 'deleted';
  }

  private async endRecord(session: SqlSession, ending: Ending): Promise<Outcome> {
    this.known.delete(ending.key);
    const result = await session.chain(this.finishingRecord, endParameters(ending));
    if (!result) return 'lost';
    const { stateless, conversation_deleted: isDeleted } = result.head;
    return isDeleted && !stateless ? 'deleted' : 'ended';
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

/** Null if the turn is not known to be of a plain kind, or is not where that kind goes. */
async function inPlainPlace(
  session: SqlSession,
  writes: PlainWrites,
  kind: PlainKind | 'committed' | undefined,
  parameters: readonly SqlValue[],
  parentId: string | null,
): Promise<ChainResult | null> {
  if (kind === 'opening') return session.chain(writes.opening, parameters);
  if (kind !== 'following' || parentId === null) return null;
  return session.chain(writes.following, [...parameters, parentId]);
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

/** Parameters `$1` to `$21`; the last four are those of `countedStep`. */
function endParameters({ key, workerId, end }: Ending): SqlValue[] {
  const { error, usage, spent } = end;
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
    spent && dayOf(end.finishedAt),
    spent && spent.promptTokens,
    spent && spent.completionTokens,
    spent && spent.estimatedTokens,
  ];
}

/** Parameters `$22` to `$24`: first number, how many, and the pieces as JSON. */
function tailParameters(tail: LogBatch | null): SqlValue[] {
  if (!tail || tail.tokens.length === 0) return [null, null, null];
  return [tail.firstSeq, tail.tokens.length, JSON.stringify(tail.tokens)];
}

/** PostgreSQL cannot store NUL; users' texts have none, texts of models might. */
function storable(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}
