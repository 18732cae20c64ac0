import {
  ChatApi,
  Configuration,
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
  const renamed = await history.renameConversation({
    id,
    renameConversation: { title: 'Renamed' },
  });
  expectEqual(renamed.title, 'Renamed');
  const read = await history.getConversation({ id });
  expectEqual(read.messages.map(({ role }) => role).join(), 'user,assistant,user,assistant');
  expectEqual(typeof (await history.deleteConversation({ id })).message, 'string');
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
