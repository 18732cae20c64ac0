import type { NewGeneration } from '../../domain/generation.js';
import { isRunning, newRow, type GenerationRow } from './generation-row.js';

/** What a claim came to; `taken` carries the row that stands in the way. */
export type TableClaim =
  | { outcome: 'claimed'; row: GenerationRow }
  | { outcome: 'idempotent' | 'generation_exists' | 'conversation_busy'; taken: GenerationRow }
  | { outcome: 'slots_taken' };

/** Joins what is unique only together. Ids hold no NUL, so no two pairs make the same text. */
export function pair(ownerId: string, id: string): string {
  return `${ownerId}\0${id}`;
}

/**
 * The generations of one process with their locks. Everything here is synchronous, which is what
 * makes a claim one step: nobody can come between looking and taking.
 */
export class GenerationTable {
  private readonly rows = new Map<string, GenerationRow>();
  private readonly running = new Set<string>();
  /** Public id → the row that holds it, else the last that did. */
  private readonly ids = new Map<string, string>();
  private readonly idempotency = new Map<string, string>();
  private readonly conversations = new Map<string, string>();
  private readonly slots = new Map<string, string>();
  private readonly byConversation = new Map<string, Set<string>>();

  claim(generation: NewGeneration): TableClaim {
    const taken = this.findTaken(generation);
    if (taken) return taken;
    const slot = generation.slots.find((candidate) => !this.slots.has(candidate)) ?? null;
    if (slot === null && generation.slots.length > 0) return { outcome: 'slots_taken' };
    const row = newRow(generation, slot);
    this.add(row);
    return { outcome: 'claimed', row };
  }

  /** Adds a row as it stands, taking the locks that its state holds. */
  add(row: GenerationRow): void {
    this.rows.set(row.key, row);
    const conversation = pair(row.ownerId, row.conversationId);
    const siblings = this.byConversation.get(conversation) ?? new Set();
    this.byConversation.set(conversation, siblings.add(row.key));
    const id = pair(row.ownerId, row.id);
    if (row.holdsIds || !this.holder(id)) this.ids.set(id, row.key);
    if (row.holdsIds && row.idempotency)
      this.idempotency.set(pair(row.ownerId, row.idempotency.key), row.key);
    if (!isRunning(row)) return;
    this.running.add(row.key);
    this.conversations.set(conversation, row.key);
    if (row.slot !== null) this.slots.set(row.slot, row.key);
  }

  get(key: string): GenerationRow | undefined {
    return this.rows.get(key);
  }

  /** The row while it runs under this worker: what every write of a worker is fenced by. */
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

  findById(ownerId: string, id: string): GenerationRow | undefined {
    return this.lookUp(this.ids, pair(ownerId, id));
  }

  findByIdempotencyKey(ownerId: string, key: string): GenerationRow | undefined {
    return this.lookUp(this.idempotency, pair(ownerId, key));
  }

  /** The generation that runs in a conversation now. */
  activeIn(ownerId: string, conversationId: string): GenerationRow | undefined {
    return this.lookUp(this.conversations, pair(ownerId, conversationId));
  }

  /** Every generation of a conversation, running or ended. */
  ofConversation(ownerId: string, conversationId: string): GenerationRow[] {
    const keys = this.byConversation.get(pair(ownerId, conversationId)) ?? [];
    return [...keys].flatMap((key) => this.rows.get(key) ?? []);
  }

  /** Changes fields of a row; one that has ended lets go of its locks. */
  patch(key: string, changes: Partial<GenerationRow>): void {
    const before = this.rows.get(key);
    if (!before) return;
    const row = { ...before, ...changes };
    this.rows.set(key, row);
    if (!isRunning(row)) this.release(row);
    if (!row.holdsIds) this.releaseKey(row);
  }

  remove(key: string): void {
    const row = this.rows.get(key);
    if (!row) return;
    this.rows.delete(key);
    this.release(row);
    this.releaseKey(row);
    drop(this.ids, pair(row.ownerId, row.id), key);
    const conversation = pair(row.ownerId, row.conversationId);
    const siblings = this.byConversation.get(conversation);
    siblings?.delete(key);
    if (siblings?.size === 0) this.byConversation.delete(conversation);
  }

  private findTaken(generation: NewGeneration): TableClaim | null {
    const { ownerId, idempotency } = generation;
    const replayed = idempotency && this.findByIdempotencyKey(ownerId, idempotency.key);
    if (replayed) return { outcome: 'idempotent', taken: replayed };
    const same = this.holder(pair(ownerId, generation.id));
    if (same) return { outcome: 'generation_exists', taken: same };
    const active = this.activeIn(ownerId, generation.conversationId);
    return active ? { outcome: 'conversation_busy', taken: active } : null;
  }

  private holder(id: string): GenerationRow | undefined {
    const row = this.lookUp(this.ids, id);
    return row?.holdsIds ? row : undefined;
  }

  private lookUp(index: Map<string, string>, value: string): GenerationRow | undefined {
    const key = index.get(value);
    return key === undefined ? undefined : this.rows.get(key);
  }

  private release(row: GenerationRow): void {
    this.running.delete(row.key);
    drop(this.conversations, pair(row.ownerId, row.conversationId), row.key);
    if (row.slot !== null) drop(this.slots, row.slot, row.key);
  }

  private releaseKey(row: GenerationRow): void {
    if (row.idempotency) drop(this.idempotency, pair(row.ownerId, row.idempotency.key), row.key);
  }
}

/** Removes an entry unless somebody else has it by now. */
function drop(index: Map<string, string>, value: string, key: string): void {
  if (index.get(value) === key) index.delete(value);
}
