import type {
  ClaimResult,
  EndExtent,
  GenerationEnd,
  GenerationRecord,
  GenerationSignal,
  LogBatch,
  LogCursor,
  LogUpdate,
  NewGeneration,
} from '../../domain/generation.js';
import { GenerationStore } from '../generation-store.js';
import { above, textOf } from '../rules/log.js';
import { isRunning, toRecord, type GenerationRow } from './generation-row.js';
import type { LocalState } from './local-state.js';
import { sweep } from './sweep.js';
import { TurnWriter } from './turn-writer.js';
import { WorkerBeats } from './worker-beats.js';

/** The generations of a store that one process has to itself. */
export class LocalGenerationStore extends GenerationStore {
  private readonly turns: TurnWriter;
  private readonly beats = new WorkerBeats();

  constructor(private readonly state: LocalState) {
    super();
    this.turns = new TurnWriter(state);
  }

  async claim(generation: NewGeneration): Promise<ClaimResult> {
    const claim = this.state.table.claim(generation);
    switch (claim.outcome) {
      case 'claimed':
        await this.saveClaim(claim.row);
        return { outcome: 'claimed' };
      case 'idempotent':
        return { outcome: 'idempotent', generation: await this.record(claim.taken) };
      case 'conversation_busy':
        return { outcome: 'conversation_busy', activeGenerationId: claim.taken.id };
      case 'generation_exists':
      case 'slots_taken':
        return { outcome: claim.outcome };
    }
  }

  async abandon(key: string, workerId: string): Promise<void> {
    await this.alone(key, workerId, async (row) => {
      this.state.table.remove(row.key);
      await this.state.vault.removeGeneration(row.key);
    });
  }

  async keepTurn(key: string, workerId: string, now: number): Promise<'kept' | 'deleted' | 'lost'> {
    const kept = await this.alone(key, workerId, async (row) => {
      if (row.conversationDeleted) return 'deleted';
      return row.kept || (await this.turns.keep(row, now)) ? 'kept' : 'deleted';
    });
    return kept ?? 'lost';
  }

  async setPhase(
    key: string,
    workerId: string,
    phase: 'loading' | 'prompt' | 'generating',
    now: number,
  ): Promise<void> {
    const row = this.state.table.runningUnder(key, workerId);
    if (!row) return;
    this.state.table.patch(key, { phase, status: 'running', startedAt: row.startedAt ?? now });
  }

  async append(workerId: string, batches: LogBatch[]): Promise<string[]> {
    const lost = await Promise.all(
      batches.map(async (batch) => {
        const written = await this.alone(batch.key, workerId, async (row) => {
          await this.write(row, batch);
          return true;
        });
        return written ? [] : [batch.key];
      }),
    );
    return [...new Set(lost.flat())];
  }

  async finish(
    key: string,
    workerId: string,
    end: GenerationEnd,
    tail: LogBatch | null,
    extent: EndExtent = 'turn',
  ): Promise<'ended' | 'deleted' | 'lost'> {
    const ended = await this.alone(key, workerId, async (row) => {
      if (tail) await this.write(row, tail);
      const current = this.state.table.get(key) ?? row;
      return extent === 'turn' ? this.turns.end(current, end) : this.turns.endRecord(current, end);
    });
    return ended ?? 'lost';
  }

  async find(ownerId: string, id: string): Promise<GenerationRecord | null> {
    const row = this.state.table.findById(ownerId, id);
    return row ? this.record(row) : null;
  }

  async findByIdempotencyKey(ownerId: string, key: string): Promise<GenerationRecord | null> {
    const row = this.state.table.findByIdempotencyKey(ownerId, key);
    return row ? this.record(row) : null;
  }

  async readLog(key: string, after: number): Promise<LogBatch[]> {
    if (!this.state.table.get(key)?.hasLog) return [];
    const log = await this.state.vault.readLog(key);
    return log.flatMap((batch) => above(batch, after) ?? []);
  }

  async requestCancel(ownerId: string, id: string): Promise<GenerationRecord | null> {
    const row = this.state.table.findById(ownerId, id);
    if (!row) return null;
    if (isRunning(row)) {
      this.state.table.patch(row.key, { stop: row.stop ?? 'cancelled' });
      this.state.signal(row.key);
    }
    return this.record(row);
  }

  async watch(key: string, workerId: string, reading: boolean): Promise<void> {
    const row = this.state.table.get(key);
    if (!row || !isRunning(row)) return;
    const others = row.watchers.filter((watcher) => watcher !== workerId);
    this.state.table.patch(key, { watchers: reading ? [...others, workerId] : others });
  }

  async follow(cursors: LogCursor[]): Promise<LogUpdate[]> {
    const updates = cursors.map(async ({ key, after }): Promise<LogUpdate[]> => {
      const row = this.state.table.get(key);
      if (!row) return [];
      const ended = isRunning(row) ? null : toRecord(row, row.response);
      const batches = await this.readLog(key, after);
      return [{ key, tokens: batches.flatMap(({ tokens }) => tokens), ended }];
    });
    return (await Promise.all(updates)).flat();
  }

  async signals(workerId: string): Promise<GenerationSignal[]> {
    return this.state.table
      .allRunning()
      .filter((row) => row.workerId === workerId && (row.stop !== null || row.watchers.length > 0))
      .map(({ key, stop, watchers }) => ({ key, stop, watchers: watchers.length }));
  }

  async heartbeat(workerId: string): Promise<void> {
    this.beats.raise(workerId);
  }

  async workers(): Promise<Map<string, number>> {
    return this.beats.withOwnersOf(this.state.table.allRunning());
  }

  async forgetWorker(workerId: string, lastBeat: number): Promise<string[]> {
    if (!this.beats.removeAt(workerId, lastBeat)) return [];
    for (const { key } of this.state.table.allRunning()) await this.watch(key, workerId, false);
    return this.runningUnder(workerId);
  }

  async runningUnder(workerId: string): Promise<string[]> {
    const running = this.state.table.allRunning();
    return running.filter((row) => row.workerId === workerId).map(({ key }) => key);
  }

  async endLost(key: string, workerId: string, now: number, extent: EndExtent = 'turn') {
    const ended = await this.alone(key, workerId, async (row) => {
      await this.turns.endLost(row, now, extent);
      return true;
    });
    return ended ?? false;
  }

  /**
   * Ends all that runs, as what a dead process left: for a store that has just been opened. What cannot
   * be ended yet is left running, for the reaper.
   */
  async endLeftovers(now: number): Promise<number> {
    const running = this.state.table.allRunning();
    const ended = await Promise.allSettled(
      running.map(({ key, workerId }) => this.endLost(key, workerId, now)),
    );
    return ended.filter((one) => one.status === 'fulfilled' && one.value).length;
  }

  async deletedAmong(keys: readonly string[]): Promise<string[]> {
    return keys.filter((key) => {
      const row = this.state.table.get(key);
      return row !== undefined && !isRunning(row) && row.conversationDeleted && row.response === '';
    });
  }

  sweep(cutoffs: { logsBefore: number; rowsBefore: number }): Promise<void> {
    return sweep(this.state, cutoffs);
  }

  /** A claim that could not be written is none: nothing stays taken by it. */
  private async saveClaim(row: GenerationRow): Promise<void> {
    try {
      await this.state.vault.saveGeneration(row);
    } catch (error) {
      this.state.table.remove(row.key);
      throw error;
    }
  }

  /** Writes what the log does not have yet: a batch given again is written once. */
  private async write(row: GenerationRow, batch: LogBatch): Promise<void> {
    const fresh = above(batch, row.seq);
    if (!fresh) return;
    await this.state.vault.appendLog(fresh);
    this.state.table.patch(row.key, { seq: fresh.firstSeq + fresh.tokens.length - 1 });
  }

  /**
   * Runs a task alone in the generation's conversation, if the generation still runs under this
   * worker by then; null otherwise.
   */
  private async alone<T>(
    key: string,
    workerId: string,
    task: (row: GenerationRow) => Promise<T>,
  ): Promise<T | null> {
    const { table } = this.state;
    const known = table.runningUnder(key, workerId);
    if (!known) return null;
    return this.state.inConversation(known.ownerId, known.conversationId, async () => {
      const row = table.runningUnder(key, workerId);
      return row ? task(row) : null;
    });
  }

  private async record(row: GenerationRow): Promise<GenerationRecord> {
    if (!isRunning(row)) return toRecord(row, row.response);
    const text = textOf(await this.state.vault.readLog(row.key));
    const now = this.state.table.get(row.key) ?? row;
    return toRecord(now, isRunning(now) ? text : now.response);
  }
}
