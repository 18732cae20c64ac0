import type { EndExtent, GenerationRecord, GenerationSignal } from '../../domain/generation.js';
import type { LogCursor, LogUpdate } from '../../domain/log-update.js';
import { queuePositions } from '../rules/queue.js';
import { WorkerCoordination, type WorkerState } from '../worker-coordination.js';
import { isRunning, toRecord } from './generation-row.js';
import type { LocalState } from './local-state.js';
import { TurnWriter } from './turn-writer.js';

/** Coordination in a store of one process: counters in memory, and no other workers. */
export class LocalWorkerCoordination extends WorkerCoordination {
  readonly heartbeatMs = 3_000;
  private readonly turns: TurnWriter;
  private readonly heartbeats = new Map<string, number>();

  constructor(private readonly state: LocalState) {
    super();
    this.turns = new TurnWriter(state);
  }

  async heartbeat(workerId: string): Promise<void> {
    this.heartbeats.set(workerId, (this.heartbeats.get(workerId) ?? 0) + 1);
  }

  async workers(): Promise<Map<string, WorkerState>> {
    const running = this.state.table.allRunning();
    const owners = running.map(({ workerId }): [string, number] => [workerId, 0]);
    const beats = new Map([...owners, ...this.heartbeats]);
    return new Map([...beats].map(([id, beat]) => [id, { beat, session: 'unknown' }]));
  }

  async forgetWorker(workerId: string, lastBeat: number): Promise<string[]> {
    if ((this.heartbeats.get(workerId) ?? 0) !== lastBeat) return [];
    this.heartbeats.delete(workerId);
    for (const { key } of this.state.table.allRunning()) await this.watch(key, workerId, false);
    return this.runningUnder(workerId);
  }

  async runningUnder(workerId: string): Promise<string[]> {
    const running = this.state.table.allRunning();
    return running.filter((row) => row.workerId === workerId).map(({ key }) => key);
  }

  async endLost(key: string, workerId: string, now: number, extent: EndExtent = 'turn') {
    const ended = await this.state.whileRunning(key, workerId, async (row) => {
      await this.turns.endLost(row, now, extent);
      return true;
    });
    return ended ?? false;
  }

  /**
   * Ends all running generations as those of a dead process, for a store that was just opened. A
   * generation that cannot be ended yet stays running, for `endLost`.
   */
  async endLeftovers(now: number): Promise<number> {
    const running = this.state.table.allRunning();
    const ended = await Promise.allSettled(
      running.map(({ key, workerId }) => this.endLost(key, workerId, now)),
    );
    return ended.filter((one) => one.status === 'fulfilled' && one.value).length;
  }

  async requestCancel(ownerId: string, id: string): Promise<GenerationRecord | null> {
    const row = this.state.table.findById(ownerId, id);
    if (!row) return null;
    this.state.requestStop(row, 'cancelled');
    return this.state.record(row);
  }

  async queuePositions(keys: readonly string[]): Promise<Map<string, number>> {
    const queued = this.state.table.allRunning().filter(({ status }) => status === 'queued');
    return queuePositions(keys, queued);
  }

  async isBusySince(time: number): Promise<boolean> {
    const { table } = this.state;
    if (table.allRunning().length > 0) return true;
    return table.allEnded().some(({ finishedAt }) => finishedAt !== null && finishedAt > time);
  }

  async requestUnreadStop(ownerId: string, id: string): Promise<string | null> {
    const row = this.state.table.findById(ownerId, id);
    if (!row || !isRunning(row)) return null;
    this.state.requestUnreadStop(row);
    return row.key;
  }

  async hasUnreadStop(key: string): Promise<boolean> {
    const row = this.state.table.get(key);
    return row !== undefined && isRunning(row) && row.unreadStop;
  }

  async refuseUnreadStop(key: string): Promise<void> {
    this.state.table.patch(key, { unreadStop: false });
  }

  async signals(workerId: string): Promise<GenerationSignal[]> {
    const running = this.state.table.allRunning().filter((row) => row.workerId === workerId);
    return running
      .map(({ key, stop, unreadStop, watchers }) => ({
        key,
        stop: stop ?? (unreadStop ? ('unless_read' as const) : null),
        watchers: watchers.length,
      }))
      .filter(({ stop, watchers }) => stop !== null || watchers > 0);
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
      const ended = isRunning(row) ? null : toRecord(row, row);
      const batches = await this.state.readLog(key, after);
      const tokens = batches.flatMap((batch) => batch.tokens);
      return [{ key, tokens, phase: row.phase, ended }];
    });
    return (await Promise.all(updates)).flat();
  }
}
