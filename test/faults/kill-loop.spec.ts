import { randomInt } from 'node:crypto';
import { describeOnDurableStores, type TestStorage } from '../support/storages.js';
import { Random } from './loop/random.js';
import { storm, type StormPlan } from './loop/storm.js';

/** `FAULT_SEED=… npm run test:faults` repeats the choices of a run, `FAULT_KILLS` says how many. */
const SEED = Number(process.env['FAULT_SEED'] ?? randomInt(1_000_000_000));
/** For each store that several processes share; fewer for files, where each costs a wait. */
const KILLS = Number(process.env['FAULT_KILLS'] ?? 56);

/** A folder of files serves one process: several folders side by side make its waiting bearable. */
const FOLDERS = 6;

describeOnDurableStores(`kill -9 at random instants, FAULT_SEED=${SEED}`, (makeStorage) => {
  const storages: TestStorage[] = [];
  afterAll(async () => {
    for (const storage of storages) await storage.dispose();
  });

  it(
    `keeps every promise over kill after kill`,
    async () => {
      const random = new Random(SEED);
      const [first, ...others] = await plans(makeStorage, storages);
      const reports = await Promise.all(
        [first!, ...others].map(({ storage, plan }) => storm(storage, plan, random.fork())),
      );
      console.info([`FAULT_SEED=${SEED}`, ...reports.flatMap(({ lines }) => lines)].join('\n'));
      expect(reports.flatMap(({ findings }) => findings)).toEqual([]);
    },
    15 * 60_000,
  );
});

async function plans(
  makeStorage: () => Promise<TestStorage>,
  made: TestStorage[],
): Promise<{ storage: TestStorage; plan: StormPlan }[]> {
  const make = async (plan: StormPlan) => {
    const storage = await makeStorage();
    made.push(storage);
    return { storage, plan };
  };
  const name = 'k';
  const first = await make({ name, processes: 4, clients: 8, kills: KILLS, rounds: 1 });
  if (first.storage.target.kind !== 'file') return [first];
  const alone = { name, processes: 1, clients: 2, kills: Math.ceil(KILLS / 10), rounds: 2 };
  const folders = [{ storage: first.storage, plan: alone }];
  while (folders.length < FOLDERS) folders.push(await make(alone));
  return folders;
}
