import { client } from './generated/client.gen.js';
import {
  cancelGeneration,
  createConversation,
  deleteConversation,
  getConversation,
  getGeneration,
  getHealth,
  listConversations,
  listModels,
  sendMessage,
  streamMessage,
  updateConversation,
} from './generated/sdk.gen.js';
import type { StreamEvent } from './generated/types.gen.js';
import { check, checked, expectEqual, finish, url } from './checks.js';

client.setConfig({ baseUrl: url });

await check('health', async () => {
  const { data } = await getHealth();
  expectEqual(data?.status, 'healthy');
});

await check('models', async () => {
  const { data } = await listModels();
  expectEqual(
    data?.models.some(({ name }) => name === data.default_model),
    true,
  );
});

const first = await checked('whole answer', async () => {
  const { data, response } = await sendMessage({
    body: { message: 'Hello', parameters: { temperature: 0.2, stop: ['END'] } },
  });
  expectEqual(response?.status, 200);
  if (!data || !('generation_id' in data)) throw new Error('not a whole answer');
  expectEqual(data.finish_reason, 'stop');
  return data;
});

await check('stream', async () => {
  const { stream } = await streamMessage({
    body: { message: 'And?', conversation_id: first.conversation_id },
  });
  let text = '';
  let done = false;
  // The client has parsed each block already, whatever its type says.
  for await (const event of stream as AsyncIterable<StreamEvent>) {
    if ('token' in event) text += event.token;
    if ('done' in event) done = event.done;
  }
  expectEqual(text.length > 0 && done, true);
});

await check('respond-async', async () => {
  const { data, response } = await sendMessage({
    headers: { Prefer: 'respond-async' },
    body: { message: 'Later' },
  });
  expectEqual(response?.status, 202);
  if (!data || !('status' in data)) throw new Error('not a generation');
  const { data: generation } = await getGeneration({ path: { id: data.id } });
  expectEqual(generation?.id, data.id);
});

await check('cancel', async () => {
  const { data } = await cancelGeneration({ path: { id: first.generation_id } });
  expectEqual(data?.status, 'completed');
});

await check('history', async () => {
  const path = { id: first.conversation_id };
  const { data: list } = await listConversations({ query: { limit: 5 } });
  expectEqual(
    list?.conversations.some(({ id }) => id === path.id),
    true,
  );
  const { data: renamed } = await updateConversation({ path, body: { title: 'Renamed' } });
  expectEqual(renamed?.title, 'Renamed');
  const { data: read } = await getConversation({ path });
  expectEqual(read?.messages.map(({ role }) => role).join(), 'user,assistant,user,assistant');
  const { data: deleted } = await deleteConversation({ path });
  expectEqual(typeof deleted?.message, 'string');
});

await check('settings', async () => {
  const { data: made } = await createConversation({
    body: { title: 'Plans', tags: ['work'], parameters: { temperature: 0.1 } },
  });
  expectEqual(made?.parameters?.temperature, 0.1);
  if (!made) throw new Error('not made');
  const { data: list } = await listConversations({ query: { tag: 'work', archived: 'all' } });
  expectEqual(list?.conversations[0]?.id, made.id);
  const { data: changed } = await updateConversation({
    path: { id: made.id },
    body: { parameters: null },
  });
  expectEqual(changed?.parameters, null);
  expectEqual(changed?.tags.join(), 'work');
});

await check('branches', async () => {
  const { data: asked } = await sendMessage({ body: { message: 'One' } });
  if (!asked || !('response' in asked)) throw new Error('not a whole answer');
  const path = { id: asked.conversation_id };
  await sendMessage({ body: { message: 'Two', conversation_id: path.id, parent_id: path.id } });
  const { data: read } = await getConversation({ path });
  expectEqual(read?.messages[0]?.siblings.length, 2);
  const choose = () =>
    updateConversation({
      path,
      headers: { 'If-Match': `"${read?.revision}"` },
      body: { active_message_id: asked.message_id },
    });
  expectEqual((await choose()).data?.active_message_id, asked.message_id);
  const { error, response } = await choose();
  expectEqual(response?.status, 412);
  expectEqual(error?.conversation?.active_message_id, asked.message_id);
});

await check('error', async () => {
  const { error, response } = await getConversation({ path: { id: first.conversation_id } });
  expectEqual(response?.status, 404);
  expectEqual(error?.reason, 'conversation_not_found');
});

finish();
