import { randomUUID } from 'node:crypto';
import type { Message } from '../../src/domain/conversation.js';
import { HistoryService, type WindowRequest } from '../../src/history/history.service.js';
import { HistoryRetention } from '../../src/store/history-retention.js';
import { createAudit } from '../../src/observability/audit/create-audit.js';
import { LiveTexts } from '../../src/store/live-texts.js';
import { MemoryStore } from '../../src/store/memory/memory-store.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { testSettings } from '../support/settings.js';
import { Scene } from '../contract/store/scene.js';

describe('HistoryService', () => {
  const scene = new Scene(new MemoryStore());
  const liveTexts = new LiveTexts();
  const logger = new RecordingLogger();
  const settings = testSettings();
  const audit = createAudit(settings.log, logger);
  const retention = new HistoryRetention(settings.history, scene.conversations, logger, audit);
  const history = new HistoryService(scene.conversations, liveTexts, scene.store.images, retention);
  const messagesOf = async (id: string, window?: WindowRequest): Promise<Message[]> => {
    const found = await history.get(scene.ownerId, id, window);
    if ('messages' in found) return found.messages;
    const messages: Message[] = [];
    for await (const page of found.pages) messages.push(...page);
    return messages;
  };
  const last = async (id: string) => (await messagesOf(id)).at(-1);

  it('tells the freshest text of an answer that is written here', async () => {
    const { conversationId, messageId } = await scene.begun(scene.opening(), ['Once ', 'upon']);

    const forget = liveTexts.register(messageId, () => ({
      content: 'Once upon a time',
      parts: null,
      seq: 4,
    }));
    expect(await last(conversationId)).toMatchObject({ content: 'Once upon a time', seq: 4 });

    forget();
    expect(await last(conversationId)).toMatchObject({ content: 'Once upon', seq: 2 });
  });

  it('never goes back behind the stored log', async () => {
    const { conversationId, messageId } = await scene.begun(scene.opening(), ['Once ', 'upon']);

    liveTexts.register(messageId, () => ({ content: 'Once ', parts: null, seq: 1 }));

    expect(await last(conversationId)).toMatchObject({ content: 'Once upon', seq: 2 });
  });

  it('leaves an ended answer as it was stored, whatever is still announced', async () => {
    const { conversationId, messageId } = await scene.answered(scene.opening(), 'The end');

    liveTexts.register(messageId, () => ({ content: 'The', parts: null, seq: 9 }));

    expect(await last(conversationId)).toMatchObject({ content: 'The end', seq: null });
  });

  it('forgets only what it was asked to forget', () => {
    const id = randomUUID();
    const forgetFirst = liveTexts.register(id, () => ({ content: 'first', parts: null, seq: 1 }));
    liveTexts.register(id, () => ({ content: 'second', parts: null, seq: 1 }));

    forgetFirst();

    expect(liveTexts.read(id)?.content).toBe('second');
  });

  it.each([
    ['all before one', { before: 2 }, [0, 1]],
    ['so many before one', { before: 2, messages: 1 }, [1]],
    ['the newest', { messages: 3 }, [1, 2, 3]],
    ['all', {}, [0, 1, 2, 3]],
  ])('reads %s', async (_, { before, messages }: { before?: number; messages?: number }, seen) => {
    const { conversationId } = await scene.answered(scene.opening());
    await scene.answered(scene.reply(conversationId));
    const ids = (await messagesOf(conversationId)).map(({ id }) => id);
    const window = {
      ...(messages !== undefined && { messages }),
      ...(before !== undefined && { before: ids[before] ?? '' }),
    };

    const found = await messagesOf(conversationId, window);

    expect(found.map(({ id }) => ids.indexOf(id))).toEqual(seen);
  });
});
