import {
  ChatApi,
  Configuration,
  ErrorResponseFromJSON,
  GenerationsApi,
  HealthApi,
  HistoryApi,
  ModelsApi,
  ResponseError,
  StreamEventFromJSON,
} from './generated/index.js';
import { check, checked, eventsOf, expectEqual, finish, url } from './checks.js';

const configuration = new Configuration({ basePath: url });
const chat = new ChatApi(configuration);
const generations = new GenerationsApi(configuration);
const history = new HistoryApi(configuration);

await check('health', async () => {
  expectEqual((await new HealthApi(configuration).getHealth()).status, 'healthy');
});

await check('models', async () => {
  const { models, defaultModel } = await new ModelsApi(configuration).listModels();
  expectEqual(
    models.some(({ name }) => name === defaultModel),
    true,
  );
});

const first = await checked('whole answer', async () => {
  const answer = await chat.sendMessage({
    chatRequest: { message: 'Hello', parameters: { temperature: 0.2, stop: ['END'] } },
  });
  expectEqual(answer.finishReason, 'stop');
  return answer;
});

await check('stream', async () => {
  const { raw } = await chat.streamMessageRaw({
    chatRequest: { message: 'And?', conversationId: first.conversationId },
  });
  const events = (await eventsOf<unknown>(raw.body)).map((event) => StreamEventFromJSON(event));
  const text = events.map((event) => ('token' in event ? event.token : '')).join('');
  const last = events.at(-1);
  expectEqual(text.length > 0 && last && 'done' in last && last.done, true);
});

await check('respond-async', async () => {
  const { raw } = await chat.sendMessageRaw({
    prefer: 'respond-async',
    chatRequest: { message: 'Later' },
  });
  expectEqual(raw.status, 202);
  const id = raw.headers.get('X-Generation-Id') ?? '';
  expectEqual((await generations.getGeneration({ id })).id, id);
});

await check('cancel', async () => {
  const receipt = await generations.cancelGeneration({ id: first.generationId });
  expectEqual(receipt.status, 'completed');
});

await check('history', async () => {
  const id = first.conversationId;
  const list = await history.listConversations({ limit: 5 });
  expectEqual(
    list.conversations.some((conversation) => conversation.id === id),
    true,
  );
  const renamed = await history.updateConversation({
    id,
    updateConversation: { title: 'Renamed' },
  });
  expectEqual(renamed.title, 'Renamed');
  const read = await history.getConversation({ id });
  expectEqual(read.messages.map(({ role }) => role).join(), 'user,assistant,user,assistant');
  expectEqual(typeof (await history.deleteConversation({ id })).message, 'string');
});

await check('settings', async () => {
  const made = await history.createConversation({
    newConversation: { title: 'Plans', tags: ['work'], parameters: { temperature: 0.1 } },
  });
  expectEqual(made.parameters?.temperature, 0.1);
  const list = await history.listConversations({ tag: 'work', archived: 'all' });
  expectEqual(list.conversations[0]?.id, made.id);
  const changed = await history.updateConversation({
    id: made.id,
    updateConversation: { parameters: null },
  });
  expectEqual(changed.parameters, null);
  expectEqual(changed.tags.join(), 'work');
});

await check('branches', async () => {
  const asked = await chat.sendMessage({ chatRequest: { message: 'One' } });
  const id = asked.conversationId;
  await chat.sendMessage({ chatRequest: { message: 'Two', conversationId: id, parentId: id } });
  const read = await history.getConversation({ id });
  expectEqual(read.messages[0]?.siblings.length, 2);
  const choose = () =>
    history.updateConversation({
      id,
      ifMatch: `"${read.revision}"`,
      updateConversation: { activeMessageId: asked.messageId },
    });
  expectEqual((await choose()).activeMessageId, asked.messageId);
  const error: unknown = await choose().catch((e) => e);
  if (!(error instanceof ResponseError)) throw new Error('no error');
  expectEqual(error.response.status, 412);
  const { conversation } = ErrorResponseFromJSON(await error.response.json());
  expectEqual(conversation?.activeMessageId, asked.messageId);
});

await check('error', async () => {
  const error: unknown = await history
    .getConversation({ id: first.conversationId })
    .catch((e) => e);
  if (!(error instanceof ResponseError)) throw new Error('no error');
  expectEqual(error.response.status, 404);
  expectEqual((await error.response.json()).reason, 'conversation_not_found');
});

finish();
