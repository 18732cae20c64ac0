import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { buildah, podman } from '../../scripts/containers/engine.mjs';
import { IMAGE } from '../../scripts/containers/paths.mjs';
import { Client } from './client.mjs';
import { Stack } from './stack.mjs';

/** Forty tokens in eight seconds: it runs while something happens to its container. */
const SLOW = 'count to 40, one each 200 ms';
const COUNTED = Array.from({ length: 40 }, (_, index) => `${index + 1} `)
  .join('')
  .trim();

/** @type {Stack} */
let stack;
/** @type {Client} */
let client;
/** A conversation that has to outlive all that follows. */
let conversation = '';

before(async () => {
  stack = await Stack.prepare();
  await stack.up();
  client = new Client(stack.url);
});
after(() => stack.close());

test('the stack comes up and answers a chat through the published port', async () => {
  const { status, body } = await client.chat({ message: 'Hello?' });
  assert.equal(status, 200, JSON.stringify(body));
  assert.notEqual(body.response, '');
  conversation = body.conversation_id;
  assert.deepEqual(await client.texts(conversation), ['Hello?', body.response]);
  await stack.waitFor('ollama', 'healthy');
  await stack.waitFor('postgres', 'healthy');
});

test('the service runs without privileges and writes to its volume only', async () => {
  const inspect = (/** @type {string} */ format) => stack.inspect('chat', format);
  assert.equal(await inspect('{{.Config.User}}'), '1000:1000');
  assert.equal(await inspect('{{.HostConfig.ReadonlyRootfs}}'), 'true');
  const status = await stack.compose('exec', '-T', 'chat', 'node', '-p', STATUS_OF_MAIN);
  assert.match(status, /^CapEff:\s0+$/m);
  assert.match(status, /^NoNewPrivs:\s1$/m);
  assert.match(status, /^Uid:\s1000\s/m);
  const write = (/** @type {string} */ path) =>
    `try { fs.writeFileSync('${path}', ''); 'yes' } catch { 'no' }`;
  const can = { '/x': 'no', '/app/x': 'no', '/app/data/x': 'yes', '/tmp/x': 'yes' };
  for (const [path, expected] of Object.entries(can)) {
    const answer = await stack.compose('exec', '-T', 'chat', 'node', '-p', write(path));
    assert.equal(answer, expected, path);
  }
});

test('commands of the build run in the container', async () => {
  const run = (/** @type {string[]} */ ...command) =>
    stack.compose('exec', '-T', 'chat', 'node', ...command);
  await run('dist/src/health.js');
  await run('dist/src/migrate.js', 'status');
  assert.deepEqual(JSON.parse(await run('dist/src/keys.js', 'list', '--json')), []);
  const backup = ['dist/src/history.js', 'backup', '/app/data/history.gz', '--json'];
  const { conversations, messages } = JSON.parse(await run(...backup));
  assert.deepEqual({ conversations, messages }, { conversations: 1, messages: 2 });
});

test('what the image has is what it needs', async () => {
  const list = `fs.readdirSync('/').concat(fs.readdirSync('/usr/local/bin')).join(' ')`;
  const names = (await stack.compose('exec', '-T', 'chat', 'node', '-p', list)).split(' ');
  for (const name of ['bin', 'sbin', 'root', 'npm']) assert.ok(!names.includes(name), name);
  const bytes = Number(await podman('image', 'inspect', '--format', '{{.Size}}', IMAGE));
  assert.ok(bytes < 300e6, `${bytes} bytes`);
});

test('a start reads what was compiled as the image was built', async () => {
  // The container cannot write there; the folder's name has Node's version, the flags and the user.
  const count = `fs.readdirSync(require('node:module').getCompileCacheDir()).length`;
  const flags = ['--enable-source-maps', '--min-semi-space-size=16', '--no-flush-bytecode'];
  const files = await stack.compose('exec', '-T', 'chat', 'node', ...flags, '-p', count);
  assert.ok(Number(files) > 20, files);
});

test('after `restart` the conversation goes on', async () => {
  await stack.compose('restart', 'chat');
  await stack.waitFor('chat', 'healthy');
  await goesOn('After the restart?');
});

test('a container whose process is killed is started again', async () => {
  const pid = Number(await stack.inspect('chat', '{{.State.Pid}}'));
  process.kill(pid, 'SIGKILL');
  await until(async () => {
    const now = Number(await stack.inspect('chat', '{{.State.Pid}}'));
    return now !== 0 && now !== pid;
  });
  await stack.waitFor('chat', 'healthy');
  await goesOn('After the kill?');
});

test('an upgrade lets a running stream end, and no answer is lost', async () => {
  // The image of a later version: another id, the same content.
  await laterImage('localhost/ollama-chat-service:next');
  const stream = client.stream({ conversation_id: conversation, message: SLOW });
  const first = await stream.next();
  assert.deepEqual(first.value, { token: '1 ' });
  const old = await stack.id('chat');
  stack.set({ IMAGE_TAG: 'next' });
  const upgraded = stack.up('--no-deps', 'chat');
  let last;
  for await (const event of stream) last = event;
  assert.equal(last?.done, true, JSON.stringify(last));
  assert.equal(last.finish_reason, 'stop');
  await upgraded;
  assert.notEqual(await stack.id('chat'), old);
  const texts = await client.texts(conversation);
  assert.equal(texts.at(-1)?.trim(), COUNTED);
  await goesOn('After the upgrade?');
});

test('`down` and `up` keep conversations and models', async () => {
  const before = await client.texts(conversation);
  await stack.compose('down');
  await stack.up();
  assert.deepEqual(await client.texts(conversation), before);
  await goesOn('After down and up?');
});

test('health follows the database; the process itself stays alive', async () => {
  await stack.compose('stop', 'postgres');
  await stack.waitFor('chat', 'unhealthy');
  const live = ['exec', '-T', 'chat', 'node', 'dist/src/health.js', 'live'];
  await stack.compose(...live);
  await stack.compose('start', 'postgres');
  await stack.waitFor('chat', 'healthy');
  await goesOn('After the database was away?');
});

/** `init: true`: the engine's init is pid 1, the service its child. */
const STATUS_OF_MAIN = `fs.readFileSync('/proc/self/status', 'utf8')`;

/** @param {string} tag */
async function laterImage(tag) {
  const container = await buildah('from', '--pull-never', IMAGE);
  await buildah('config', '--label', 'org.opencontainers.image.version=next', container);
  await buildah('commit', '--quiet', '--rm', '--format', 'docker', container, tag);
}

/** The conversation takes a message, has all earlier ones, and the new answer. @param {string} message */
async function goesOn(message) {
  const earlier = await client.texts(conversation);
  const { status, body } = await client.chat({ conversation_id: conversation, message });
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(await client.texts(conversation), [...earlier, message, body.response]);
}

/** @param {() => Promise<boolean>} holds */
async function until(holds, longestMs = 60_000) {
  const end = Date.now() + longestMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('It did not happen');
    await pause(250);
  }
}
