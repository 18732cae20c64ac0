import { StopSignals } from '../../src/common/lifecycle/stop-signals.js';

/** What a listener is told of signals at these milliseconds. */
function told(...times: number[]): string[] {
  const calls: string[] = [];
  let now = 0;
  const signals = new StopSignals(
    { begin: (signal) => calls.push(`begin ${signal}`), atOnce: () => calls.push('at once') },
    () => now,
  );
  for (const time of times) {
    now = time;
    signals.received('SIGINT');
  }
  return calls;
}

describe('signals to stop', () => {
  it('are one within a second of the first, whatever their number', () => {
    expect(told(5_000, 5_000, 5_400, 6_000)).toEqual(['begin SIGINT']);
  });

  it('mean "at once" later, also after repeats', () => {
    expect(told(5_000, 5_900, 6_001)).toEqual(['begin SIGINT', 'at once']);
  });
});
