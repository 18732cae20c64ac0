import { setTimeout as delay } from 'node:timers/promises';
import { Rig } from './support/rig.js';
import { Attacker, statusesIn, stillOpen } from './support/sockets.js';

describe('connections without a whole request', () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start({ env: { KEEP_ALIVE_TIMEOUT: '5' } });
  });
  afterAll(() => rig.stop());

  it('are ended by the service: silent ones, half a head, a head without end', async () => {
    await rig.whileServing(async () => {
      const silent = await Attacker.many('reading', rig.port, 150);
      const half = await Attacker.many('reading', rig.port, 150);
      for (const attacker of half) attacker.socket.write('GET /api/history HTTP/1.1\r\nHost: loc');
      const dripping = await Attacker.many('reading', rig.port, 50);
      const drip = setInterval(() => {
        for (const { socket } of dripping) if (!socket.destroyed) socket.write('X-A: b\r\n');
      }, 500);
      for (const attacker of dripping) attacker.socket.write('GET / HTTP/1.1\r\n');
      expect(await stillOpen([...silent, ...half, ...dripping], 40)).toBe(0);
      clearInterval(drip);
      for (const { received } of silent) expect(received).toBe('');
      for (const { received } of [...half, ...dripping]) {
        expect(statusesIn(received)).toEqual(['400']);
      }
    });
    await rig.recovered();
  });

  it('that send rubbish, or more than a head can be, are told and closed', async () => {
    await rig.whileServing(async () => {
      for (let round = 0; round < 10; round += 1) {
        const attackers = await Attacker.many('reading', rig.port, 30);
        attackers.forEach(({ socket }, index) =>
          socket.write(
            index % 2 === 0
              ? 'rubbish\r\n'.repeat(1_000)
              : `GET / HTTP/1.1\r\nHost: localhost\r\nX-Big: ${'x'.repeat(500_000)}\r\n\r\n`,
          ),
        );
        expect(await stillOpen(attackers, 10)).toBe(0);
        await delay(0);
      }
    });
    await rig.recovered();
  });
});
