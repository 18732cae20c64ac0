import type { NewGeneration } from '../../domain/generation.js';
import type { UsageSubject } from '../../domain/token-usage.js';
import { obstacleTo, slotFor, type Obstacle } from '../rules/claim.js';
import { reserved } from '../rules/usage.js';
import { isRunning, newRow, type GenerationRow } from './generation-row.js';
import { OwnedMap } from './owned-map.js';

/** Result of a claim. */
export type TableClaim =
  | { outcome: 'claimed'; row: GenerationRow }
  | Obstacle<GenerationRow>
  | { outcome: 'slots_taken' | 'tokens_taken' };

/**
 * The generations of one process with their locks. All methods are synchronous, so a claim is
 * atomic: no other claim can run between its checks and its changes.
 */
export class GenerationTable {
  private readonly rows = new Map<string, GenerationRow>();
  private readonly running = new Set<string>();
  /** Public id → the row that holds it, else the last row that held it. */
  private readonly ids = new OwnedMap<string>();
  private readonly idempotency = new OwnedMap<string>();
  private readonly conversations = new OwnedMap<string>();
  private readonly slots = new Map<string, string>();
  /**
   * Arrays: most conversations have few generations, and an empty set needs as much memory as
   * twenty entries.
   */
  private readonly byConversation = new OwnedMap<string[]>();

  /** @param mayTake whether its quotas allow it */
  claim(generation: NewGeneration, mayTake: boolean): TableClaim {
    const taken = this.findTaken(generation);
    if (taken) return taken;
    const found = slotFor(generation.slots, (slot) => this.slots.has(slot));
    if (found === 'slots_taken') return { outcome: found };
    if (!mayTake) return { outcome: 'tokens_taken' };
    const row = newRow(generation, found.slot);
    this.add(row);
    return { outcome: 'claimed', row };
  }

  /** Adds a row as it stands, taking the locks that its state holds. */
  add(row: GenerationRow): void {
    const { key, id, ownerId, conversationId, idempotency } = row;
    this.rows.set(key, row);
    const siblings = this.byConversation.get(ownerId, conversationId);
    if (siblings) siblings.push(key);
    else this.byConversation.set(ownerId, conversationId, [key]);
    if (row.holdsIds || !this.holder(ownerId, id)) this.ids.set(ownerId, id, key);
    if (row.holdsIds && idempotency) this.idempotency.set(ownerId, idempotency.key, key);
    if (!isRunning(row)) return;
    this.running.add(key);
    this.conversations.set(ownerId, conversationId, key);
    if (row.slot !== null) this.slots.set(row.slot, key);
  }

  get(key: string): GenerationRow | undefined {
    return this.rows.get(key);
  }

  /** The row while it runs under this worker: the condition of every write of a worker. */
  runningUnder(key: string, workerId: string): GenerationRow | undefined {
    const row = this.rows.get(key);
    return row && row.workerId === workerId && isRunning(row) ? row : undefined;
  }

  allRunning(): GenerationRow[] {
    return [...this.running].flatMap((key) => this.rows.get(key) ?? []);
  }

  allEnded(): GenerationRow[] {
    return [...this.rows.values()].filter((row) => !isRunning(row));
  }

  /** What the running ones of a key may still take. */
  reservedFor({ ownerId, keyName }: UsageSubject): number {
    const own = this.allRunning().filter(
      (row) => row.ownerId === ownerId && row.tokens.keyName === keyName,
    );
    return own.reduce((sum, { tokens }) => sum + reserved(tokens), 0);
  }

  findById(ownerId: string, id: string): GenerationRow | undefined {
    return this.rowOf(this.ids.get(ownerId, id));
  }

  findByIdempotencyKey(ownerId: string, key: string): GenerationRow | undefined {
    return this.rowOf(this.idempotency.get(ownerId, key));
  }

  /** The generation that runs in a conversation now. */
  activeIn(ownerId: string, conversationId: string): GenerationRow | undefined {
    return this.rowOf(this.conversations.get(ownerId, conversationId));
  }

  /** Every generation of a conversation, running or ended. */
  ofConversation(ownerId: string, conversationId: string): GenerationRow[] {
    const keys = this.byConversation.get(ownerId, conversationId) ?? [];
    return keys.flatMap((key) => this.rows.get(key) ?? []);
  }

  /** Changes fields of a row; one that has ended releases its locks. */
  patch(key: string, changes: Partial<GenerationRow>): void {
    const before = this.rows.get(key);
    if (!before) return;
    const row = { ...before, ...changes };
    this.rows.set(key, row);
    if (!isRunning(row)) this.release(row);
    if (!row.holdsIds || !row.idempotency) this.releaseKey(before);
  }

  remove(key: string): void {
    const row = this.rows.get(key);
    if (!row) return;
    this.rows.delete(key);
    this.release(row);
    this.releaseKey(row);
    const { ownerId, conversationId } = row;
    drop(this.ids, ownerId, row.id, key);
    const siblings = this.byConversation.get(ownerId, conversationId) ?? [];
    siblings.splice(siblings.indexOf(key), 1);
    if (siblings.length === 0) this.byConversation.delete(ownerId, conversationId);
  }

  private findTaken({
    ownerId,
    id,
    conversationId,
    idempotency,
  }: NewGeneration): Obstacle<GenerationRow> | null {
    return obstacleTo({
      idempotencyKey: idempotency && this.findByIdempotencyKey(ownerId, idempotency.key),
      publicId: this.holder(ownerId, id),
      conversation: this.activeIn(ownerId, conversationId),
    });
  }

  private holder(ownerId: string, id: string): GenerationRow | undefined {
    const row = this.findById(ownerId, id);
    return row?.holdsIds ? row : undefined;
  }

  private rowOf(key: string | undefined): GenerationRow | undefined {
    return key === undefined ? undefined : this.rows.get(key);
  }

  private release(row: GenerationRow): void {
    this.running.delete(row.key);
    drop(this.conversations, row.ownerId, row.conversationId, row.key);
    if (row.slot !== null && this.slots.get(row.slot) === row.key) this.slots.delete(row.slot);
  }

  private releaseKey(row: GenerationRow): void {
    if (row.idempotency) drop(this.idempotency, row.ownerId, row.idempotency.key, row.key);
  }
}

/** Removes an entry unless another generation has replaced it. */
function drop(index: OwnedMap<string>, ownerId: string, value: string, key: string): void {
  if (index.get(ownerId, value) === key) index.delete(ownerId, value);
}
