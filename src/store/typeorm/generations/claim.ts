import type { ClaimResult, NewGeneration } from '../../../domain/generation.js';
import type { TakenTokens, TokenQuotas } from '../../../domain/token-usage.js';
import { dayOf } from '../../../domain/utc-days.js';
import { MAX_CLAIM_TRIES, obstacleTo } from '../../rules/claim.js';
import { isBelow } from '../../rules/usage.js';
import { storeContended } from '../../store-errors.js';
import type { SqlDatabase, SqlSession } from '../database/sql-database.js';
import { readTaken } from '../usage/taken.js';
import { claimParameters, freeSlot, HOLDERS, insertion } from './claim-sql.js';
import type { RecordRow } from './generation-record.js';

/** A claim, or the lock that is taken; a taken idempotency key comes with its generation's row. */
export type RowClaim =
  Exclude<ClaimResult, { outcome: 'idempotent' }> | { outcome: 'idempotent'; row: RecordRow };

/** Whether the insert claimed it, and what counted against its quotas where it has some. */
interface Insertion {
  claimed: boolean;
  taken: TakenTokens | null;
}

interface HolderRow extends RecordRow {
  id_lock: string | null;
  conversation_lock: string | null;
  idempotency_lock: string | null;
}

/**
 * Takes conversation, public id, idempotency key and a slot by one insert, whose unique columns
 * they are. Nothing is counted and no error is parsed: if an insert wrote nothing, a query finds
 * the taken lock. If it was released meanwhile, the insert is retried.
 */
export class Claim {
  private readonly plain: string;
  private readonly withSlot: string;
  private readonly anyFree: string;

  constructor(private readonly database: SqlDatabase) {
    const { dialect } = database;
    this.plain = insertion(dialect, false);
    this.withSlot = insertion(dialect, true);
    this.anyFree = `SELECT 1 AS yes FROM ${freeSlot(dialect, '$1')}`;
  }

  async take(generation: NewGeneration): Promise<RowClaim> {
    const { quotas } = generation.tokens;
    for (let attempt = 1; attempt <= MAX_CLAIM_TRIES; attempt += 1) {
      const { claimed, taken } = quotas
        ? await this.insertBelow(quotas, generation)
        : await this.insertAnyhow(generation);
      if (claimed) return { outcome: 'claimed', ...(taken && { taken }) };
      const obstacle = (await this.holder(generation)) ?? (await this.slotShortage(generation));
      if (obstacle) return obstacle;
      if (quotas && taken && !isBelow(quotas, taken)) return { outcome: 'tokens_taken', taken };
    }
    throw storeContended();
  }

  private async insertAnyhow(generation: NewGeneration): Promise<Insertion> {
    const claimed = await this.database.chained(
      (session) => this.insert(session, generation),
      isAcknowledged(generation),
    );
    return { claimed, taken: null };
  }

  /**
   * One claim of a key at a time. What waited for the lock must be seen by a statement of its own: one that
   * takes a lock reads what there was before it waited.
   */
  private insertBelow(quotas: TokenQuotas, generation: NewGeneration): Promise<Insertion> {
    const { ownerId, tokens, createdAt } = generation;
    const subject = { ownerId, keyName: tokens.keyName };
    const lock = this.database.dialect.transactionLock;
    const work = async (session: SqlSession): Promise<Insertion> => {
      if (lock !== null) await session.query(lock, [`quota ${ownerId} ${subject.keyName}`]);
      const taken = await readTaken(session, subject, dayOf(createdAt));
      const claimed = isBelow(quotas, taken) && (await this.insert(session, generation));
      return { claimed, taken };
    };
    if (lock !== null) return this.database.transaction(work);
    return this.database.chained(work, isAcknowledged(generation));
  }

  private async insert(session: SqlSession, generation: NewGeneration): Promise<boolean> {
    const statement = generation.slots.length > 0 ? this.withSlot : this.plain;
    return (await session.query(statement, claimParameters(generation))).length > 0;
  }

  private async holder(generation: NewGeneration): Promise<RowClaim | null> {
    const { key, ownerId, id, conversationId, idempotency } = generation;
    const parameters = [ownerId, id, conversationId, idempotency?.key ?? null, key];
    const rows = await this.database.lookUp((session) =>
      session.query<HolderRow>(HOLDERS, parameters),
    );
    const obstacle = obstacleTo({
      idempotencyKey: idempotency && rows.find((row) => row.idempotency_lock === idempotency.key),
      publicId: rows.find((row) => row.id_lock === id || row.key === key),
      conversation: rows.find((row) => row.conversation_lock === conversationId),
    });
    switch (obstacle?.outcome) {
      case undefined:
        return null;
      case 'idempotent':
        return { outcome: 'idempotent', row: obstacle.holder };
      case 'generation_exists':
        return { outcome: 'generation_exists' };
      case 'conversation_busy':
        return { outcome: 'conversation_busy', activeGenerationId: obstacle.holder.public_id };
    }
  }

  private async slotShortage({ slots }: NewGeneration): Promise<RowClaim | null> {
    if (slots.length === 0) return null;
    const free = await this.database.lookUp((session) =>
      session.query(this.anyFree, [JSON.stringify(slots)]),
    );
    return free.length === 0 ? { outcome: 'slots_taken' } : null;
  }
}

/**
 * Whether a client may be answered that its turn goes on without it (202) before anything else is written
 * durably. Otherwise the first that it waits for is the end.
 */
function isAcknowledged({ onDisconnect }: NewGeneration): boolean {
  return onDisconnect === 'continue';
}
