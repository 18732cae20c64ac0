// Loaded before the service: at each SIGUSR2 its wall clock jumps an hour ahead, then back. The
// monotonic clock goes on, as when an administrator or NTP sets the time.
const now = Date.now.bind(Date);
let aheadMs = 0;
process.on('SIGUSR2', () => (aheadMs = 3_600_000 - aheadMs));

globalThis.Date = new Proxy(Date, {
  construct: (target, given) =>
    given.length === 0 ? new target(now() + aheadMs) : Reflect.construct(target, given),
  get: (target, name) => (name === 'now' ? () => now() + aheadMs : Reflect.get(target, name)),
});
