import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { keysCommand, makeKey } from '../support/keys.js';
import { describeOnPostgres, type TestStorage } from '../support/storages.js';
import { Client } from '../faults/loop/client.js';
import { FeedFollower } from '../faults/loop/feed-follower.js';
import { Journal } from '../faults/loop/journal.js';
import { Random } from '../faults/loop/random.js';
import { ScriptedAnswers } from '../faults/loop/scripted-answers.js';
import { calm, environment, type StormReport } from '../faults/loop/storm.js';
import { TreeClient } from '../faults/loop/tree-client.js';
import { Disturbances } from './disturbances.js';
import { countOf, Refusals, unasked, unexplained } from './failures.js';
import { Front } from './front.js';
import { Growth } from './growth.js';
import { Node } from './node.js';
import { RevokedClient } from './revoked-client.js';

const MINUTES = Number(process.env['SOAK_MINUTES'] ?? 10);
const SEED = Number(process.env['SOAK_SEED'] ?? randomInt(1_000_000_000));
const OWNER = ['--owner', 'team'];
/** Parts of the run, of which the second begins with a restart, the last one with a revocation. */
const [RESTART_AT, REVOKE_AT] = [0.2, 0.6];

describeOnPostgres(`${MINUTES} minutes of mixed load, SOAK_SEED=${SEED}`, (makeStorage) => {
  let storage: TestStorage;
  let model: ScriptedAnswers;
  let nodes: Node[];
  let front: Front;
  let refusals: Refusals;
  beforeAll(async () => {
    storage = await makeStorage();
    model = await ScriptedAnswers.start();
    const env = {
      ...environment(model, storage),
      TRUST_PROXY: '127.0.0.1',
      SHUTDOWN_DELAY: '2',
      GENERATION_RETENTION: '60',
    };
    nodes = [await Node.make('node a', 2, env), await Node.make('node b', 1, env)];
    await nodes[0]?.start();
    await nodes[1]?.start();
    front = await Front.start(nodes.map(({ port }) => port));
    refusals = new Refusals();
  });
  afterAll(async () => {
    refusals.end();
    await front.stop();
    for (const node of nodes) await node.stop();
    await model.ollama.close();
    await storage.dispose();
  });

  it(
    'keeps every promise through kills, a rolling restart and a revoked key',
    async () => {
      const random = new Random(SEED);
      const main = await makeKey(storage, 'main', ...OWNER);
      const lost = await makeKey(storage, 'lost', ...OWNER);
      front.key = main['X-Api-Key'];
      await front.allNodes();
      const disturbances = new Disturbances(nodes, front, random.fork());
      const journal = new Journal();
      const { oddities } = journal;
      const clients = [1, 2, 3, 4, 5, 6].map(
        (n) => new Client(`s${n}`, random.fork(), disturbances, journal),
      );
      const trees = [1, 2].map(
        (n) => new TreeClient(`t${n}`, random.fork(), disturbances, oddities),
      );
      const follower = () => new FeedFollower(random.fork(), disturbances, oddities);
      const followers = [follower(), follower()] as const;
      const revoked = [1, 2].map((n) => new RevokedClient(`lost${n}-0`, front.url, lost));
      const growth = new Growth(() => [
        ...disturbances.processes,
        { pid: front.pid, name: 'nginx, master' },
      ]);
      for (const one of followers) await one.finish();

      const stop = new AbortController();
      const running = [...clients, ...trees, ...followers, ...revoked].map((one) =>
        one.run(stop.signal),
      );
      const watching = growth.watch(stop.signal);
      const begun = performance.now();
      const at = (part: number) => begun + part * MINUTES * 60_000;
      await disturbances.killUntil(at(RESTART_AT));
      const restartedFrom = performance.now();
      await disturbances.rollingRestart();
      const restartMs = performance.now() - restartedFrom;
      await disturbances.killUntil(at(REVOKE_AT));
      await Promise.all(revoked.map((client) => client.isReading()));
      await keysCommand(storage, 'revoke', 'lost');
      for (const client of revoked) client.revoked();
      await delay(5_000);
      await disturbances.killUntil(at(1));
      stop.abort();
      await Promise.all([...running, watching]);

      const report: StormReport = { findings: [...disturbances.findings], lines: [] };
      const scene = { fleet: disturbances, journal, model, storage, random, trees, followers };
      await calm(report, { ...scene, stateless: [] });
      for (const client of revoked) report.findings.push(...(await client.findings()));
      const { outages } = disturbances;
      report.findings.push(...unasked(refusals, outages), ...unexplained(front, outages));
      report.findings.push(...growth.findings());
      const reasons = countOf(refusals.all.map(({ reason }) => reason));
      const broken = countOf(front.failures().map(({ text }) => text));
      console.info(
        [
          `SOAK_SEED=${SEED}`,
          ...report.lines,
          `rolling restart of both nodes in ${(restartMs / 1_000).toFixed(1)} s`,
          `answers of 500 and above: ${JSON.stringify([...reasons])}`,
          `what nginx met at a death (a refused connection goes to the other node): ${JSON.stringify([...broken])}`,
          ...revoked.map(({ line }) => line),
          ...growth.lines(),
        ].join('\n'),
      );
      expect(report.findings).toEqual([]);
    },
    (MINUTES + 15) * 60_000,
  );
});
