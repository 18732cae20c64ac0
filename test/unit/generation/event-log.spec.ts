import { EventLog } from '../../../src/generation/live/event-log.js';

const done = { type: 'done', finishReason: 'stop', usage: null, report: null } as const;

describe('the log of a generation', () => {
  it('numbers tokens from 1 and the end after them', () => {
    const log = new EventLog();
    log.append('a');
    log.append('b');
    expect(log.lastSeq).toBe(2);
    log.close(done);
    expect(log.lastSeq).toBe(3);
    expect(log.piecesAfter(1)).toEqual(['b']);
    expect(log.text()).toBe('ab');
  });

  it('keeps its first end', () => {
    const log = new EventLog();
    log.close(done);
    log.close({ type: 'error', error: { error: '', code: '', reason: '' }, committed: false });
    expect(log.terminal).toEqual(done);
  });

  it('wakes a reader once for tokens that arrived together', async () => {
    const log = new EventLog();
    let woken = 0;
    const stop = log.onGrowth(() => (woken += 1));
    log.append('a');
    log.append('b');
    log.wake();
    stop();
    log.wake();
    expect(woken).toBe(1);
  });

  it('lets a waiting reader go when its client leaves', async () => {
    const log = new EventLog();
    const gone = new AbortController();
    const waiting = log.ended(gone.signal);
    gone.abort();
    expect(await waiting).toBeNull();
  });

  it('gives the end to a reader that waits for it', async () => {
    const log = new EventLog();
    const waiting = log.ended();
    log.append('a');
    log.wake();
    log.close(done);
    expect(await waiting).toEqual(done);
  });
});
