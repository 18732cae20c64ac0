import { Rig } from './support/rig.js';
import { Attacker, get, statusesIn } from './support/sockets.js';

const ALLOWED = 3_000;

describe('guesses of a key', () => {
  let rig: Rig;

  beforeAll(async () => {
    const headers = { Authorization: 'Bearer bystander-key-0123456789' };
    rig = await Rig.start({
      env: {
        API_KEYS: 'bystander:bystander-key-0123456789',
        RATE_LIMIT_ENABLED: 'true',
        RATE_LIMIT_REQUESTS: '100000',
        RATE_LIMIT_READ_REQUESTS: String(ALLOWED),
      },
      bystander: [
        { path: '/api/models', headers },
        { method: 'POST', path: '/api/chat', body: { message: 'Good day' }, headers },
      ],
    });
  });
  afterAll(() => rig.stop());

  it('are bounded for an address, and right keys from there are answered all the while', async () => {
    const statuses: string[] = [];
    const guess = async (number: number): Promise<void> => {
      for (let turn = 0; turn < 100; turn += 1) {
        const attacker = await Attacker.reading(rig.port);
        const guesses = Array.from({ length: 10 }, (_, index) =>
          get('/api/history', `X-Api-Key: guess-${number}-${turn}-${index}\r\n`),
        );
        const last = get('/api/history', 'X-Api-Key: guess\r\nConnection: close\r\n');
        attacker.socket.write(guesses.join('') + last);
        await attacker.closed;
        statuses.push(...statusesIn(attacker.received));
      }
    };
    await rig.whileServing(() => Promise.all([1, 2, 3, 4, 5, 6].map(guess)));
    expect(statuses).toHaveLength(6_600);
    expect(statuses.filter((status) => status === '401')).toHaveLength(ALLOWED);
    expect(statuses.filter((status) => status === '429')).toHaveLength(6_600 - ALLOWED);
    await rig.recovered();
  });
});
