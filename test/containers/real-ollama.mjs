// Run instead of the other tests where `TEST_OLLAMA` names a real Ollama: they say what the fake one answers.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from './client.mjs';
import { Stack } from './stack.mjs';

/** @type {Stack} */
let stack;
/** @type {Client} */
let client;

before(async () => {
  stack = await Stack.prepare();
  await stack.up();
  client = new Client(stack.url);
});
after(() => stack?.close());

test('the stack answers a chat with a real model', async () => {
  const { status, body } = await client.chat({ message: 'What is the capital of France?' });
  assert.equal(status, 200, JSON.stringify(body));
  console.log(`${body.model}: ${body.response}`);
  assert.ok(body.usage.prompt_tokens > 0 && body.usage.completion_tokens > 0, 'the model counted');
  assert.deepEqual(await client.texts(body.conversation_id), [
    'What is the capital of France?',
    body.response,
  ]);
});

test('a stream of it comes in tokens, and is kept', async () => {
  const tokens = [];
  let last;
  for await (const event of client.stream({ message: 'Say hello.' })) {
    if (event.token !== undefined) tokens.push(event.token);
    last = event;
  }
  assert.ok(tokens.length > 1, `${tokens.length} tokens`);
  assert.equal(last.done, true, JSON.stringify(last));
  assert.equal((await client.texts(last.conversation_id)).at(-1), tokens.join(''));
});
