import type { ClaimResult, NewGeneration } from '../../../domain/generation.js';
import { MAX_CLAIM_TRIES, obstacleTo } from '../../rules/claim.js';
import { storeContended } from '../../store-errors.js';
import type { SqlDatabase } from '../database/sql-database.js';
import { claimParameters, freeSlot, HOLDERS, insertion } from './claim-sql.js';
import type { RecordRow } from './generation-record.js';

/** A claim, or the lock that is taken; a taken idempotency key comes with its generation's row. */
export type RowClaim =
  Exclude<ClaimResult, { outcome: 'idempotent' }> | { outcome: 'idempotent'; row: RecordRow };

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
    for (let attempt = 1; attempt <= MAX_CLAIM_TRIES; attempt += 1) {
      if (await this.insert(generation)) return { outcome: 'claimed' };
      const obstacle = (await this.holder(generation)) ?? (await this.slotShortage(generation));
      if (obstacle) return obstacle;
    }
    throw storeContended();
  }

  private async insert(generation: NewGeneration): Promise<boolean> {
    const statement = generation.slots.length > 0 ? this.withSlot : this.plain;
    const parameters = claimParameters(generation);
    const rows = await this.database.write((session) => session.query(statement, parameters));
    return rows.length > 0;
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
