import { setTimeout as delay } from 'node:timers/promises';
import { handlesOf, memoryOf } from './support/process-facts.js';
import { Rig } from './support/rig.js';
import { Attacker, get, statusesIn, stillOpen } from './support/sockets.js';

/** What requests sent ahead may hold at most, while nobody reads the answers. */
const HELD_MIB = 150;

describe('requests sent ahead', () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start();
  });
  afterAll(() => rig.stop());

  it('and left leave no file open', async () => {
    const before = handlesOf(rig.pid);
    await rig.whileServing(async () => {
      const attackers = await Attacker.many('mute', rig.port, 24);
      const flood = get('/api/docs/swagger-ui-bundle.js').repeat(1_000);
      for (const attacker of attackers) attacker.socket.write(flood);
      await delay(1_000);
      expect(handlesOf(rig.pid)).toBeLessThan(before + 24 + 10);
      for (const attacker of attackers) attacker.leave();
    });
    await rig.recovered();
  });

  it('pin no memory while nobody reads the answers', async () => {
    const before = memoryOf(rig.pid);
    await rig.whileServing(async () => {
      const attackers = await Attacker.many('mute', rig.port, 100);
      const flood = get('/api/openapi.json').repeat(1_000);
      for (const attacker of attackers) attacker.socket.write(flood);
      await delay(3_000);
      expect(memoryOf(rig.pid) - before).toBeLessThan(HELD_MIB);
      for (const attacker of attackers) attacker.leave();
    });
    await rig.recovered();
  });

  it('are answered in order up to a few; then the connection ends, and says so', async () => {
    await rig.whileServing(async () => {
      const attackers = await Attacker.many('reading', rig.port, 20);
      for (const attacker of attackers) attacker.socket.write(get('/api/history').repeat(5_000));
      expect(await stillOpen(attackers, 10)).toBe(0);
      for (const { received } of attackers) {
        const statuses = statusesIn(received);
        expect(statuses.at(-1)).toBe('429');
        expect(new Set(statuses.slice(0, -1))).toEqual(new Set(['200']));
      }
    });
  });

  it('by reconnecting floods starve nobody', async () => {
    const until = performance.now() + 5_000;
    const floodOn = async (): Promise<void> => {
      while (performance.now() < until) {
        const attacker = await Attacker.reading(rig.port);
        await attacker.write(get('/api/history').repeat(2_000));
        await attacker.closed;
      }
    };
    await rig.whileServing(async () => {
      await Promise.all(Array.from({ length: 16 }, floodOn));
    });
    await rig.recovered();
  });
});
