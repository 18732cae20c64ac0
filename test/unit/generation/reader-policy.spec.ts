import { jest } from '@jest/globals';
import { ReaderPolicy } from '../../../src/generation/live/reader-policy.js';

describe('what the last reader leaving means', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('cancels at once, but only when the last one has left', () => {
    const abandon = jest.fn();
    const readers = new ReaderPolicy('cancel', 30_000, abandon);
    const first = readers.enter();
    const second = readers.enter();
    first();
    first();
    expect(abandon).not.toHaveBeenCalled();
    second();
    expect(abandon).toHaveBeenCalledTimes(1);
  });

  it('gives a grace, which a reader that comes back ends', () => {
    const abandon = jest.fn();
    const readers = new ReaderPolicy('grace', 30_000, abandon);
    readers.enter()();
    jest.advanceTimersByTime(29_999);
    const leave = readers.enter();
    jest.advanceTimersByTime(60_000);
    expect(abandon).not.toHaveBeenCalled();
    leave();
    jest.advanceTimersByTime(30_000);
    expect(abandon).toHaveBeenCalledTimes(1);
  });

  it('goes on without readers when asked to', () => {
    const abandon = jest.fn();
    new ReaderPolicy('continue', 0, abandon).enter()();
    jest.runAllTimers();
    expect(abandon).not.toHaveBeenCalled();
  });

  it('decides nothing after the end', () => {
    const abandon = jest.fn();
    const readers = new ReaderPolicy('grace', 10, abandon);
    readers.enter()();
    readers.close();
    jest.runAllTimers();
    expect(abandon).not.toHaveBeenCalled();
  });

  it('cuts those that have a connection here, and waits until that has its effect', async () => {
    let stop = (): void => undefined;
    const abandon = jest.fn(() => new Promise<void>((resolve) => (stop = resolve)));
    const readers = new ReaderPolicy('cancel', 0, abandon);
    const cut: string[] = [];
    const leave = readers.enter(() => {
      cut.push('here');
      leave();
    });
    const leaveEarly = readers.enter(() => cut.push('left before'));
    leaveEarly();
    const effect = jest.fn();
    const cutting = readers.cut().then(effect);
    expect([cut, abandon.mock.calls.length]).toEqual([['here'], 1]);
    await Promise.resolve();
    expect(effect).not.toHaveBeenCalled();
    stop();
    await cutting;
    await readers.cut();
    expect(cut).toEqual(['here']);
  });
});
