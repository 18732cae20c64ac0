import { setTimeout as delay } from 'node:timers/promises';
import { handlesOf } from './support/process-facts.js';
import { Rig } from './support/rig.js';
import { Attacker, get, stillOpen } from './support/sockets.js';

const STALL_SECONDS = 4;
/** More than the system takes for a client that reads nothing. */
const ANSWERS = 30;
const BYTES = ANSWERS * 800_000;

/** The bystander's own connections. */
const SLACK = 3;

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await delay(50);
}

describe('answers that nobody reads', () => {
  let rig: Rig;
  let conversation: string;

  beforeAll(async () => {
    rig = await Rig.start({
      env: { STREAM_STALL_TIMEOUT: String(STALL_SECONDS), KEEP_ALIVE_TIMEOUT: '5' },
    });
    let id: string | undefined;
    for (let turn = 0; turn < ANSWERS; turn += 1) {
      const response = await fetch(`${rig.url}/api/chat`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ message: 'Hi', model: 'long', conversation_id: id }),
      });
      ({ conversation_id: id } = (await response.json()) as { conversation_id: string });
    }
    conversation = `/api/history/${id ?? ''}`;
  });
  afterAll(() => rig.stop());

  it.each([
    ['a conversation of 24 megabytes', 20],
    ['the documentation page’s script', 100],
  ])('%s: the connection ends', async (what, connections) => {
    const path = what.startsWith('a conv') ? conversation : '/api/docs/swagger-ui-bundle.js';
    const before = handlesOf(rig.pid);
    await rig.whileServing(async () => {
      const attackers = await Attacker.many('mute', rig.port, connections);
      for (const attacker of attackers) attacker.socket.write(get(path));
      // Who takes nothing does not see that its connection was cut: the service's handles tell.
      await until(() => handlesOf(rig.pid) >= before + connections);
      const start = performance.now();
      await until(() => handlesOf(rig.pid) <= before + SLACK);
      expect(performance.now() - start).toBeLessThan(4 * STALL_SECONDS * 1_000);
      for (const attacker of attackers) attacker.leave();
    });
    await rig.recovered();
  });

  it('but read slowly, they are read to their end', async () => {
    const reader = await Attacker.mute(rig.port);
    let bytes = 0;
    reader.socket.on('data', (text: string) => {
      bytes += text.length;
      reader.socket.pause();
      setTimeout(() => reader.socket.resume(), 25);
    });
    reader.socket.write(get(conversation, 'Connection: close\r\n'));
    reader.socket.resume();
    expect(await stillOpen([reader], 60)).toBe(0);
    expect(bytes).toBeGreaterThan(BYTES);
  });
});
