import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from './client.mjs';
import { Stack } from './stack.mjs';

const PASSWORD = 'OnlyInAFile1';

test('with compose.secrets.yaml passwords come from files and stand in no environment', async (t) => {
  const stack = await Stack.prepare(['compose.yaml', 'compose.secrets.yaml']);
  t.after(() => stack.close());
  stack.write('secrets/postgres_password', `${PASSWORD}\n`);
  stack.write('secrets/history_db_url', `postgresql://chat:${PASSWORD}@postgres:5432/chat\n`);
  await stack.up();
  const { status, body } = await new Client(stack.url).chat({ message: 'Hello?' });
  assert.equal(status, 200, JSON.stringify(body));
  for (const service of ['chat', 'postgres'])
    assert.doesNotMatch(await stack.inspect(service, '{{.Config.Env}}'), new RegExp(PASSWORD));
});

test('compose.gpu.yaml is taken by the engine, and changes Ollama alone', async (t) => {
  const stack = await Stack.prepare(['compose.yaml', 'compose.gpu.yaml']);
  t.after(() => stack.close());
  const { services } = JSON.parse(await stack.compose('config', '--format', 'json'));
  const [device] = services.ollama.deploy.resources.reservations.devices;
  assert.deepEqual(device.capabilities, ['gpu']);
  assert.equal(device.count, -1, 'all of them');
  await stack.compose('create', '--no-build', '--pull', 'never', 'ollama');
  assert.equal(await stack.inspect('ollama', '{{.HostConfig.ReadonlyRootfs}}'), 'false');
});
