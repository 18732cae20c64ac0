import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestStorage } from '../../support/storages.js';
import { check } from '../checks/all.js';
import { settled, takeSnapshot } from '../checks/snapshot.js';
import type { Findings } from '../checks/story.js';
import { Client } from './client.js';
import { Fleet, type Killed } from './fleet.js';
import { Journal } from './journal.js';
import { feedIsWhole, FeedFollower } from './feed-follower.js';
import type { Random } from './random.js';
import { TreeClient } from './tree-client.js';
import { ScriptedAnswers } from './scripted-answers.js';
import { StatelessClient } from './stateless-client.js';

const SLOTS = 24;
/** A generation whose worker died ends within this. */
const ENDED_WITHIN_MS = 30_000;

export interface StormPlan {
  name: string;
  processes: number;
  clients: number;
  kills: number;
  /** Kills, then calm and checks; so many times. */
  rounds: number;
}

export interface StormReport {
  findings: Findings;
  /** For people. */
  lines: string[];
}

/** Service processes on one storage, clients that chat with them, and a killer. */
export async function storm(
  storage: TestStorage,
  plan: StormPlan,
  random: Random,
): Promise<StormReport> {
  const model = await ScriptedAnswers.start();
  const folder = await mkdtemp(join(tmpdir(), 'storm-'));
  const env = environment(model, storage);
  const fleet = new Fleet(plan.processes, env, random.fork(), folder);
  const journal = new Journal();
  const names = Array.from({ length: plan.clients }, (_, n) => `${plan.name}${n}`);
  const clients = names.map((name) => new Client(name, random.fork(), fleet, journal));
  const trees = Array.from(
    { length: Math.ceil(plan.clients / 4) },
    (_, n) => new TreeClient(`${plan.name}t${n}`, random.fork(), fleet, journal.oddities),
  );
  const stateless = Array.from(
    { length: Math.ceil(plan.clients / 4) },
    (_, n) =>
      new StatelessClient(`${plan.name}s${n}`, random.fork(), fleet, model, journal.oddities),
  );
  const followers = [0, 1].map(() => new FeedFollower(random.fork(), fleet, journal.oddities)) as [
    FeedFollower,
    FeedFollower,
  ];
  const report: StormReport = { findings: [], lines: [] };
  try {
    await fleet.up();
    for (const follower of followers) await follower.finish();
    for (let round = 0; round < plan.rounds && report.findings.length === 0; round += 1) {
      const kills = Math.ceil(plan.kills / plan.rounds);
      await kill(fleet, [...clients, ...trees, ...stateless, ...followers], kills, model);
      await calm(report, { fleet, journal, model, storage, random, trees, stateless, followers });
    }
  } finally {
    await fleet.stop();
    await model.ollama.close();
    await rm(folder, { recursive: true, force: true });
  }
  if (report.findings.length > 0) report.lines.push(...fleet.samples);
  return report;
}

async function kill(
  fleet: Fleet,
  clients: { run(stop: AbortSignal): Promise<void> }[],
  kills: number,
  model: ScriptedAnswers,
): Promise<void> {
  const stop = new AbortController();
  const running = clients.map((client) => client.run(stop.signal));
  await fleet.killLoop(kills, () => model.asked()).finally(() => stop.abort());
  await fleet.up();
  await Promise.all(running);
}

/** Who was there in a storm. */
export interface Scene {
  fleet: Killed;
  journal: Journal;
  model: ScriptedAnswers;
  storage: TestStorage;
  random: Random;
  trees: TreeClient[];
  stateless: StatelessClient[];
  followers: readonly [FeedFollower, FeedFollower];
}

/** Waits until nothing runs, and checks all that has to hold then. */
export async function calm(
  report: StormReport,
  { fleet, journal, model, storage, random, trees, stateless, followers }: Scene,
): Promise<void> {
  const base = random.pick(fleet.urls);
  const begun = performance.now();
  const completions = stateless.flatMap(({ asked }) => asked);
  const ids = new Set(
    [
      ...journal.turns.map(({ turn }) => turn.generationIds),
      ...completions.map((each) => each.ids),
    ].flatMap((each) => [...each]),
  );
  const calmAfter = await settled(base, ENDED_WITHIN_MS - (begun - fleet.upAt), ids);
  if (calmAfter === null) report.findings.push(`I2 A generation still runs after 30 s`);
  const talks = trees.flatMap((tree) => tree.talks);
  for (const tree of trees) await tree.lookAtAll();
  await Promise.all(followers.map((follower) => follower.finish()));
  report.findings.push(...(await feedIsWhole(followers, base)));
  const snapshot = await takeSnapshot(base, ids, new Set(talks.flatMap(({ id }) => id ?? [])));
  const read = performance.now();
  const story = { journal, snapshot, model };
  const { urls } = fleet;
  const service = { base, urls, slots: SLOTS, target: storage.target };
  report.findings.push(...(await check(story, { ...service, stateless, followers })));
  const unexpected = fleet.errors.get('Request failed unexpectedly') ?? 0;
  if (unexpected > 0) report.findings.push(`I20 ${unexpected} requests failed unexpectedly`);
  report.lines.push(
    `${fleet.kills} kills (${fleet.killsDuringStart} during a start), ` +
      `${journal.talks.length} conversations begun, ${journal.turns.length} messages sent, ` +
      `${completions.length} completions asked for, ${completions.filter(({ seen }) => seen).length} seen; ` +
      `${snapshot.conversations.size} conversations kept, ${talks.length} trees with ` +
      `${talks.reduce((sum, { told }) => sum + told.size, 0)} messages, ` +
      `${followers[0].told.length} changes told, ends ${ends(snapshot.generations)}; ` +
      `calm after ${seconds(calmAfter ?? NaN)}, read in ${seconds(read - begun)}, ` +
      `checked in ${seconds(performance.now() - read)}; logged errors ${JSON.stringify([...fleet.errors])}`,
  );
}

function ends(generations: Map<string, any>): string {
  const counts: Record<string, number> = {};
  for (const record of generations.values()) {
    const end = record
      ? `${record.status}${record.error ? `/${record.error.reason}` : ''}`
      : 'unknown';
    counts[end] = (counts[end] ?? 0) + 1;
  }
  return JSON.stringify(counts);
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** Of a service in a storm. */
export const environment = (
  model: ScriptedAnswers,
  storage: TestStorage,
): Record<string, string> => ({
  ...storage.env,
  OLLAMA_BASE_URL: model.ollama.baseUrl,
  OLLAMA_RETRIES: '0',
  DISCONNECT_GRACE: '1',
  // Without a conversation nothing else has the text of an answer.
  GENERATION_RETENTION: '3600',
  HISTORY_MAX_CONVERSATIONS: '0',
  RATE_LIMIT_REQUESTS: '1000000',
  RATE_LIMIT_STREAMS: String(SLOTS),
});
