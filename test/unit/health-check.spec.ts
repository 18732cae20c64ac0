import { jest } from '@jest/globals';
import {
  BackgroundCheck,
  CHECK_INTERVAL_MS,
  CHECK_TIMEOUT_MS,
} from '../../src/health/background-check.js';
import { Indicator } from '../../src/health/indicators/indicator.js';
import { RecordingLogger } from '../support/recording-logger.js';

/** Answers each check when the test says so. */
class Scripted extends Indicator<'up' | 'down'> {
  readonly name = 'store';
  readonly worst = 'down';
  readonly asked: { resolve: (state: 'up' | 'down') => void; reject: (error: Error) => void }[] =
    [];

  check(): Promise<'up' | 'down'> {
    return new Promise((resolve, reject) => this.asked.push({ resolve, reject }));
  }
}

describe('BackgroundCheck', () => {
  let indicator: Scripted;
  let logger: RecordingLogger;
  let check: BackgroundCheck<'up' | 'down'>;
  /** Lets promises settle and `ms` pass. */
  const pass = (ms = 0) => jest.advanceTimersByTimeAsync(ms);

  beforeEach(() => {
    jest.useFakeTimers();
    indicator = new Scripted();
    logger = new RecordingLogger();
    check = new BackgroundCheck(indicator, logger);
    check.start();
  });

  afterEach(() => {
    check.stop();
    jest.useRealTimers();
  });

  it('says the worst until the first check has ended', async () => {
    expect(check.state).toBe('down');
    indicator.asked[0]?.resolve('up');
    await check.first();
    expect(check.state).toBe('up');
  });

  it('asks again after its interval, and follows', async () => {
    indicator.asked[0]?.resolve('up');
    await pass();
    await pass(CHECK_INTERVAL_MS);
    indicator.asked[1]?.reject(new Error('gone'));
    await pass();
    expect(check.state).toBe('down');
    await pass(CHECK_INTERVAL_MS);
    indicator.asked[2]?.resolve('up');
    await pass();
    expect(check.state).toBe('up');
  });

  it('takes a check that hangs for the worst, and asks nothing beside it', async () => {
    indicator.asked[0]?.resolve('up');
    await pass();
    await pass(CHECK_INTERVAL_MS);
    await pass(CHECK_TIMEOUT_MS);
    expect(check.state).toBe('down');
    await pass(2 * CHECK_INTERVAL_MS);
    expect(indicator.asked).toHaveLength(2);
  });

  it('gives up a check that never comes back', async () => {
    await pass(30_000 + CHECK_INTERVAL_MS);
    expect(indicator.asked).toHaveLength(2);
    indicator.asked[1]?.resolve('up');
    await pass();
    expect(check.state).toBe('up');
  });

  it.each([
    ['what was up all along', ['up', 'up'], []],
    ['a change', ['up', 'up', 'down', 'down', 'up'], ['up to down', 'down to up']],
    ['what is down at the start', ['down', 'down', 'up'], ['unknown to down', 'down to up']],
  ] as const)('writes one line for each change: %s', async (_, states, changes) => {
    for (const state of states) {
      indicator.asked.at(-1)?.resolve(state);
      await pass();
      await pass(CHECK_INTERVAL_MS);
    }
    const logged = logger
      .of('Dependency changed state')
      .map(({ fields: { from, to } }) => [from, to]);
    expect(logged.map((change) => change.join(' to '))).toEqual(changes);
  });

  it('asks nothing more once stopped', async () => {
    check.stop();
    indicator.asked[0]?.resolve('up');
    await pass(10 * CHECK_INTERVAL_MS);
    expect(indicator.asked).toHaveLength(1);
  });
});
