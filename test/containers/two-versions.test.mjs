import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { build, podman } from '../../scripts/containers/engine.mjs';
import { ROOT } from '../../scripts/containers/paths.mjs';
import { run } from '../../scripts/containers/run.mjs';
import { Client } from './client.mjs';
import { freePort, Stack } from './stack.mjs';

const MESSAGE = 'count to 5, one each 20 ms';
const ANSWER = '1 2 3 4 5';
const SLOW = 'count to 30, one each 200 ms';
const CLIENTS = 6;

const git = (/** @type {string[]} */ ...parameters) => run('git', parameters, { cwd: ROOT });

/** @type {Stack} */
let stack;

before(async () => {
  await olderImage('localhost/ollama-chat-service:older');
  stack = await Stack.prepare();
  stack.write('.env', 'RATE_LIMIT_ENABLED=false\nTITLES=false\n');
  stack.set({ IMAGE_TAG: 'older' });
  await stack.up();
});
after(() => stack?.close());

test('a version beside the one before it on one database: no answer is lost under load', async () => {
  const older = new Client(stack.url);
  const stopping = new AbortController();
  const load = Array.from({ length: CLIENTS }, () => new Talk(older));
  const ended = load.map((talk) => talk.goOn(stopping.signal));
  await everyTalkGoesOn(load, ended);

  // The newer one migrates the database at its start, while the older one writes.
  const newer = await startNewer();
  for (const [index, talk] of load.entries()) if (index % 2 === 0) talk.client = newer;
  await everyTalkGoesOn(load, ended);
  // The older one goes on with what the newer one wrote, and the other way round.
  for (const talk of load) talk.client = talk.client === older ? newer : older;
  await everyTalkGoesOn(load, ended);

  const stream = older.stream({ message: SLOW });
  assert.deepEqual((await stream.next()).value, { token: '1 ' });
  for (const talk of load) talk.client = newer;
  await everyTalkGoesOn(load, ended);
  const drained = stack.compose('stop', 'chat');
  let last;
  for await (const event of stream) last = event;
  assert.equal(last?.done, true, JSON.stringify(last));
  await drained;
  await everyTalkGoesOn(load, ended);
  stopping.abort();
  await Promise.all(ended);

  for (const { conversation, turns } of load) {
    const texts = await newer.texts(conversation);
    assert.deepEqual(
      texts.map((text) => text.trim()),
      Array(turns).fill([MESSAGE, ANSWER]).flat(),
    );
  }
  const drainedTexts = await newer.texts(last.conversation_id);
  assert.equal(drainedTexts.at(-1)?.trim().split(' ').length, 30);
});

/** A conversation that takes message after message; anything but 200 ends it. */
class Talk {
  conversation = '';
  turns = 0;

  /** @param {Client} client */
  constructor(client) {
    this.client = client;
  }

  /** @param {AbortSignal} stopping */
  async goOn(stopping) {
    while (!stopping.aborted) {
      const conversation = this.conversation !== '' && { conversation_id: this.conversation };
      const { status, body } = await this.client.chat({ message: MESSAGE, ...conversation });
      assert.equal(status, 200, `${this.client.url}: ${JSON.stringify(body)}`);
      this.conversation = body.conversation_id;
      this.turns += 1;
    }
  }
}

/**
 * Waits for three more turns of each, and fails with the one that fails.
 *
 * @param {Talk[]} load @param {Promise<void>[]} ended
 */
async function everyTalkGoesOn(load, ended) {
  const wanted = load.map((talk) => ({ talk, turns: talk.turns + 3 }));
  const reached = async () => {
    while (wanted.some(({ talk, turns }) => talk.turns < turns))
      await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await Promise.race([reached(), ...ended.map((one) => one.then(() => reached()))]);
}

/** Another container of the service, of this checkout's image, on a port of its own. */
async function startNewer() {
  const port = await freePort();
  stack.set({ IMAGE_TAG: 'local' });
  const options = ['--detach', '--no-deps', '--publish', `127.0.0.1:${port}:8000`];
  await stack.compose('run', ...options, '--name', 'newer', 'chat');
  const client = new Client(`http://127.0.0.1:${port}`);
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const ready = await client.get('/api/health/ready').catch(() => ({ status: 0 }));
    if (ready.status === 200) return client;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const log = await podman('logs', '--tail', '40', 'newer');
  throw new Error(`The newer version is not ready:\n${log}`);
}

/**
 * The newest commit whose migrations are some of this checkout's, not all: those between may have had
 * one under another name before it was released.
 */
async function olderCommit() {
  const known = await migrationsOf('HEAD');
  const changes = await git('rev-list', 'HEAD', '--', 'migrations');
  for (const change of changes.split('\n')) {
    const names = await migrationsOf(`${change}^`);
    if (names.size < known.size && [...names].every((name) => known.has(name))) return `${change}^`;
  }
  throw new Error('No commit has fewer migrations');
}

/** Names of the migrations of a commit. @param {string} commit */
async function migrationsOf(commit) {
  const found = await git('grep', '-hoE', '[A-Z][A-Za-z]+[0-9]{13}', commit, '--', 'migrations');
  return new Set(found.split('\n'));
}

/**
 * The image before the last change of the schema, or of `TEST_OLDER=REF`. A commit on the way to a change
 * may not build: then it is one of those before it.
 *
 * @param {string} tag
 */
async function olderImage(tag) {
  const { TEST_OLDER } = process.env;
  const newest = TEST_OLDER ?? (await olderCommit());
  const tried = TEST_OLDER ? [0] : [0, 1, 3, 7, 15, 31];
  for (const [index, back] of tried.entries()) {
    try {
      return await imageOf(`${newest}~${back}`, tag);
    } catch (error) {
      if (index === tried.length - 1) throw error;
      console.log(`# ${newest}~${back} does not build; an earlier one is taken`);
    }
  }
}

/** @param {string} commit @param {string} tag */
async function imageOf(commit, tag) {
  const folder = mkdtempSync(join(tmpdir(), 'chat-older-'));
  try {
    await run('sh', ['-c', 'git archive "$0" | tar -x -C "$1"', commit, folder], { cwd: ROOT });
    await build(tag, folder, ['--file', join(folder, 'docker/Dockerfile')]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
