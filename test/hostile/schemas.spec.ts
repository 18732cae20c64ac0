import { postJson } from '../support/http-client.js';
import { Rig } from './support/rig.js';

/** Takes Ajv hours to compile; each name makes another schema. */
const slowToCompile = (name: string): object =>
  Array.from({ length: 40 }).reduce<object>(
    (inner, _, level) => ({ $dynamicAnchor: `${name}${level}`, not: inner }),
    {},
  );
/** Takes for ever to judge the answers of the rig's model. */
const slowToJudge = (name: string): object => ({
  title: name,
  type: 'string',
  pattern: '^(a+)+$',
});
/** Takes all memory to judge: each answer is compared with each list. */
const large = (name: string): object => ({
  title: name,
  enum: Array.from({ length: 1_000 }, (_, index) => [index]),
});
const MANY = 60;

describe('schemas that take for ever', () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await Rig.start();
  });
  afterAll(() => rig.stop());

  const ask = (format: object) =>
    postJson(
      `${rig.url}/api/chat`,
      { message: 'Hi', parameters: { format } },
      { Connection: 'close' },
    );
  const askMany = (schema: (name: string) => object) =>
    Promise.all(Array.from({ length: MANY }, (_, index) => ask(schema(`s${index}_`))));

  it.each([
    ['to compile', slowToCompile, [400, 503]],
    ['to judge', slowToJudge, [200]],
    ['to compare', large, [200]],
  ])('%s: nobody else waits', async (_, schema, statuses) => {
    await rig.whileServing(async () => {
      for (const { status, body } of await askMany(schema)) {
        expect(statuses).toContain(status);
        if (status === 200) expect([null, false]).toContain(body.format_valid);
      }
    });
    await rig.recovered();
  });

  it('leaves schemas of others alone', async () => {
    const { status, body } = await ask({ type: 'string' });
    expect([status, body.format_valid]).toEqual([200, true]);
  });
});
