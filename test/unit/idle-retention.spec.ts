import { jest } from '@jest/globals';
import { AppError } from '../../src/common/errors/app-error.js';
import { IdleRetention } from '../../src/history/idle-retention.js';
import { Audit, type AuditAct } from '../../src/observability/audit/audit.js';
import { MemoryStore } from '../../src/store/memory/memory-store.js';
import { Scene } from '../contract/store/scene.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { testSettings } from '../support/settings.js';

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;

class RecordingAudit extends Audit {
  readonly acts: AuditAct[] = [];

  write(act: AuditAct): void {
    this.acts.push(act);
  }

  close(): void {
    // Nothing is open.
  }
}

describe('HISTORY_RETENTION_DAYS', () => {
  let store: MemoryStore;
  let scene: Scene;
  let logger: RecordingLogger;
  let audit: RecordingAudit;
  let workers: IdleRetention[];

  beforeEach(() => {
    jest.useFakeTimers();
    store = new MemoryStore();
    scene = new Scene(store);
    logger = new RecordingLogger();
    audit = new RecordingAudit();
    workers = [];
  });
  afterEach(() => {
    for (const worker of workers) worker.onApplicationShutdown();
    jest.useRealTimers();
  });

  function start(retentionDays: number, count = 1): void {
    const { history } = testSettings({ history: { retentionDays } });
    for (let started = 0; started < count; started += 1) {
      const worker = new IdleRetention(history, store, logger, audit);
      workers.push(worker);
      worker.onApplicationBootstrap();
    }
  }

  const opened = (daysAgo: number) =>
    scene.answered(scene.opening({ at: Date.now() - daysAgo * DAY }));
  const passed = (ms: number) => jest.advanceTimersByTimeAsync(ms);

  it('removes at the start and every hour, once for all workers', async () => {
    await opened(3);
    const recent = await opened(1.99);
    const removals = jest.spyOn(store.idle, 'removeAll');
    start(2, 3);
    await passed(10);
    expect(await scene.listed()).toEqual([recent.conversationId]);
    expect(removals).toHaveBeenCalledTimes(1);
    await passed(HOUR);
    expect(await scene.listed()).toEqual([]);
    expect(removals).toHaveBeenCalledTimes(2);
    const lines = logger.of('Conversations were removed that nobody updated for long');
    expect(lines.map(({ fields }) => fields)).toEqual([
      { days: 2, conversations: 1, messages: 2 },
      { days: 2, conversations: 1, messages: 2 },
    ]);
    const nobody = { owner: null, key: null, requestId: null, address: null };
    const act = { ...nobody, action: 'history.prune', target: null, result: 'done' };
    expect(audit.acts).toEqual([act, act]);
    await passed(HOUR);
    expect(audit.acts).toHaveLength(2);
  });

  it('has its turn at each start, however short the last one is ago', async () => {
    start(2);
    await passed(2 * 60_000);
    await opened(3);
    start(2);
    await passed(10);
    expect(await scene.listed()).toEqual([]);
  });

  it('keeps all at 0', async () => {
    await opened(3000);
    start(0);
    await passed(HOUR);
    expect(await scene.listed()).toHaveLength(1);
  });

  it('waits for a store that is away', async () => {
    await opened(3);
    const away = new AppError('store_unavailable', 'The store is unavailable');
    jest.spyOn(store.idle, 'takeTurn').mockRejectedValueOnce(away);
    start(2);
    await passed(10);
    expect(await scene.listed()).toHaveLength(1);
    await passed(10_000);
    expect(await scene.listed()).toEqual([]);
  });
});
