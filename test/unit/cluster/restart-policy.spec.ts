import { RestartPolicy } from '../../../src/cluster/restart-policy.js';

describe('the restart policy of workers', () => {
  let now: number;
  let policy: RestartPolicy;
  beforeEach(() => {
    now = 5_000_000;
    policy = new RestartPolicy(() => now);
  });

  it('replaces a worker after growing pauses, until five have died within a minute', () => {
    expect(policy.nextDelayMs()).toBe(0);
    const pauses = [policy.nextDelayMs(), policy.nextDelayMs(), policy.nextDelayMs()];
    expect(pauses).toEqual([...pauses].sort((a, b) => Number(a) - Number(b)));
    expect(pauses[0]).toBeGreaterThan(0);
    now += 59_999;
    expect(policy.nextDelayMs()).toBeNull();
  });

  it('forgets an exit after a minute', () => {
    for (let count = 0; count < 20; count += 1) {
      expect(policy.nextDelayMs()).not.toBeNull();
      now += 15_001;
    }
    now += 60_000;
    expect(policy.nextDelayMs()).toBe(0);
  });
});
