import { getJson } from '../../support/http-client.js';
import { endless, HostileModelServer, type Attack } from '../support/hostile-model-server.js';
import { Rig } from '../support/rig.js';

const BYSTANDER = ['/api/health', '/api/health/ready', '/api/history?limit=10'];
const MIB = 1024 * 1024;

interface Listed {
  models: { name: string }[];
}

describe('a model server that attacks who asks it for its models', () => {
  let models: HostileModelServer;
  let rig: Rig;

  beforeAll(async () => {
    models = await HostileModelServer.start();
    rig = await Rig.start({
      bystander: BYSTANDER.map((path) => ({ path })),
      env: { OLLAMA_BASE_URL: models.url },
    });
  });
  afterAll(async () => {
    await rig.stop();
    models.close();
  });

  /** Several ask for the list at once; all are answered alike. */
  async function listed() {
    const answers = await rig.whileServing(() =>
      Promise.all(Array.from({ length: 8 }, () => getJson(`${rig.url}/api/models`))),
    );
    models.tags = undefined;
    models.show = undefined;
    await rig.recovered();
    expect(new Set(answers.map(({ status }) => status)).size).toBe(1);
    const [first] = answers;
    return { status: first?.status, ...(first?.body as Listed) };
  }

  it.each<[string, Attack]>([
    ['a list without an end', endless('{"models":[', '{"name":"a"},'.repeat(5_000))],
    ['a text without an end', endless('{"models":[{"name":"', 'x'.repeat(64 * 1024))],
    ['one deep value', endless('{"models":', '['.repeat(64 * 1024))],
    [
      'a byte a chunk',
      async (connection) => {
        await connection.beginChunked();
        await connection.flood('1\r\n \r\n'.repeat(10_000));
      },
    ],
  ])('%s: 503, in bounded time and memory', async (_, attack) => {
    models.tags = attack;
    expect(await listed()).toMatchObject({ status: 503 });
  });

  it('a hundred thousand models: as many as anybody can read', async () => {
    const names = Array.from({ length: 100_000 }, (_, index) => ({ name: `m${index}` }));
    models.tags = (connection) => connection.json({ models: names });
    const list = await listed();
    expect(list.status).toBe(200);
    expect(list.models).toHaveLength(5_000);
  });

  it('names that are none: the rest', async () => {
    const names = ['x'.repeat(4 * MIB), 'a\0b', '\u202ea', 'with space', 'good'];
    models.tags = (connection) => connection.json({ models: names.map((name) => ({ name })) });
    const list = await listed();
    expect(list).toMatchObject({ status: 200, models: [{ name: 'good' }] });
  });

  it.each<[string, Attack]>([
    ['details without an end', endless('{"license":"', 'x'.repeat(64 * 1024))],
    [
      'stop words without an end',
      (connection) =>
        connection.json({ details: { family: 'x' }, parameters: 'stop    "a"\n'.repeat(300_000) }),
    ],
    [
      'more capabilities than words',
      (connection) =>
        connection.json({
          capabilities: Array.from({ length: 100_000 }, (_, index) => `c${index}`),
        }),
    ],
  ])('%s: the list all the same', async (_, attack) => {
    models.tags = (connection) =>
      connection.json({ models: ['evil:1', 'evil:2'].map((name) => ({ name, digest: 'd' })) });
    models.show = attack;
    expect((await listed()).status).toBe(200);
  });
});
