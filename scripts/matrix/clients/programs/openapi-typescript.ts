import createClient from 'openapi-fetch';
import type { components, paths } from './generated/schema.js';
import { check, checked, eventsOf, expectEqual, finish, url } from './checks.js';

type StreamEvent = components['schemas']['StreamEvent'];
const client = createClient<paths>({ baseUrl: url });

await check('health', async () => {
  const { data } = await client.GET('/api/health');
  expectEqual(data?.status, 'healthy');
});

await check('models', async () => {
  const { data } = await client.GET('/api/models');
  expectEqual(
    data?.models.some(({ name }) => name === data.default_model),
    true,
  );
});

const first = await checked('whole answer', async () => {
  const { data, response } = await client.POST('/api/chat', {
    body: { message: 'Hello', parameters: { temperature: 0.2, stop: ['END'] } },
  });
  expectEqual(response.status, 200);
  // The document has two answers with a body: the one that was waited for and the one that was not.
  if (!data || !('generation_id' in data)) throw new Error('not a whole answer');
  expectEqual(data.finish_reason, 'stop');
  return data;
});

await check('stream', async () => {
  const { data } = await client.POST('/api/chat/stream', {
    body: { message: 'And?', conversation_id: first.conversation_id },
    parseAs: 'stream',
  });
  const events: StreamEvent[] = await eventsOf(data);
  const text = events.map((event) => ('token' in event ? event.token : '')).join('');
  expectEqual(text.length > 0, true);
  const last = events.at(-1);
  expectEqual(last && 'done' in last && last.done, true);
});

await check('respond-async', async () => {
  const { data, response } = await client.POST('/api/chat', {
    params: { header: { Prefer: 'respond-async' } },
    body: { message: 'Later' },
  });
  expectEqual(response.status, 202);
  if (!data || !('status' in data)) throw new Error('not a generation');
  const { data: generation } = await client.GET('/api/generations/{id}', {
    params: { path: { id: data.id } },
  });
  expectEqual(generation?.id, data.id);
});

await check('cancel', async () => {
  const { data } = await client.POST('/api/generations/{id}/cancel', {
    params: { path: { id: first.generation_id } },
  });
  expectEqual(data?.status, 'completed');
});

await check('history', async () => {
  const path = { id: first.conversation_id };
  const { data: list } = await client.GET('/api/history', { params: { query: { limit: 5 } } });
  expectEqual(
    list?.conversations.some(({ id }) => id === path.id),
    true,
  );
  const { data: renamed } = await client.PUT('/api/history/{id}', {
    params: { path },
    body: { title: 'Renamed' },
  });
  expectEqual(renamed?.title, 'Renamed');
  const { data: read } = await client.GET('/api/history/{id}', { params: { path } });
  expectEqual(read?.messages.map(({ role }) => role).join(), 'user,assistant,user,assistant');
  const { data: deleted } = await client.DELETE('/api/history/{id}', { params: { path } });
  expectEqual(typeof deleted?.message, 'string');
});

await check('settings', async () => {
  const { data: made } = await client.POST('/api/history', {
    body: { title: 'Plans', tags: ['work'], parameters: { temperature: 0.1 } },
  });
  expectEqual(made?.parameters?.temperature, 0.1);
  if (!made) throw new Error('not made');
  const { data: list } = await client.GET('/api/history', {
    params: { query: { tag: 'work', archived: 'all' } },
  });
  expectEqual(list?.conversations[0]?.id, made.id);
  const { data: changed } = await client.PUT('/api/history/{id}', {
    params: { path: { id: made.id } },
    body: { parameters: null },
  });
  expectEqual(changed?.parameters, null);
  expectEqual(changed?.tags.join(), 'work');
});

await check('branches', async () => {
  const { data: asked } = await client.POST('/api/chat', { body: { message: 'One' } });
  if (!asked || !('response' in asked)) throw new Error('not a whole answer');
  const path = { id: asked.conversation_id };
  const edited = { message: 'Two', conversation_id: path.id, parent_id: path.id };
  await client.POST('/api/chat', { body: edited });
  const { data: read } = await client.GET('/api/history/{id}', { params: { path } });
  expectEqual(read?.messages[0]?.siblings.length, 2);
  const choose = () =>
    client.PUT('/api/history/{id}', {
      params: { path, header: { 'If-Match': `"${read?.revision}"` } },
      body: { active_message_id: asked.message_id },
    });
  expectEqual((await choose()).data?.active_message_id, asked.message_id);
  const { error, response } = await choose();
  expectEqual(response.status, 412);
  expectEqual(error?.conversation?.active_message_id, asked.message_id);
});

await check('error', async () => {
  const { error, response } = await client.GET('/api/history/{id}', {
    params: { path: { id: first.conversation_id } },
  });
  expectEqual(response.status, 404);
  expectEqual(error?.reason, 'conversation_not_found');
});

finish();
