import { createHash } from 'node:crypto';
import type { ApiKeyRecord } from '../../domain/api-key.js';
import {
  messageAt,
  type Conversation,
  type ConversationSummary,
  type Message,
} from '../../domain/conversation.js';
import type { ConversationStore } from '../../store/conversation-store.js';
import type { HistoryView, MovedConversation } from '../../store/history-transfer.js';
import { ChangedMeanwhile } from './settling.js';

/** Before all times that JavaScript can have. */
const FIRST_TIME = -8.64e15 - 1;
/** Summaries that are read at a time. */
const PAGE = 100;

/** Those of one owner, a page at a time, in the order in which they were made. */
export async function* summariesOf(
  { conversations }: { readonly conversations: Pick<ConversationStore, 'list'> },
  ownerId: string,
): AsyncGenerator<ConversationSummary[]> {
  const all = { archived: null, pinned: null, tag: null, until: null, limit: PAGE } as const;
  const byAge = { sort: 'createdAt', order: 'asc' } as const;
  let after = { time: FIRST_TIME, id: '' };
  for (;;) {
    const page = await conversations.list(ownerId, { ...all, ...byAge, from: { after } });
    const last = page.conversations.at(-1);
    if (!last) return;
    yield page.conversations;
    after = { time: last.createdAt, id: last.id };
  }
}

/** Every owner that has conversations. */
export async function ownersOf({ conversations }: HistoryView): Promise<string[]> {
  return [...(await conversations.countByOwner()).keys()].sort();
}

/** The keys of a store; null: there was never one. */
export async function keysOf({
  keys,
}: Pick<HistoryView, 'keys'>): Promise<readonly ApiKeyRecord[] | null> {
  return (await keys.version()) === null ? null : keys.all();
}

/** A conversation that is read from a store to be moved. */
export interface Moved {
  conversation: MovedConversation;
  /** The same messages each time; throws `ChangedMeanwhile` instead of its end if they are not one state. */
  readonly pages: () => AsyncGenerator<Message[]>;
}

/**
 * A conversation without the answer that is being written: with it go its place as the active end and its
 * count. Null if there is no such conversation.
 */
export async function readMoved(
  view: HistoryView,
  ownerId: string,
  id: string,
): Promise<Moved | null> {
  const found = await newestOf(view, ownerId, id);
  if (!found) return null;
  const conversation = settled(found, ownerId);
  const streaming = streamingIn(found);
  async function* pages(): AsyncGenerator<Message[]> {
    const reading = await view.conversations.read(ownerId, id, { branch: 'all' });
    if (reading === null || reading === 'message_not_found') throw new ChangedMeanwhile();
    for await (const page of reading.pages) {
      const kept = page.filter((message) => message.id !== streaming && !isStreaming(message));
      if (kept.length > 0) yield kept.map((message) => movedMessage(ownerId, id, message));
    }
    const now = await newestOf(view, ownerId, id);
    const isSame = now && sameState(settled(now, ownerId), conversation);
    if (!isSame) throw new ChangedMeanwhile();
  }
  return { conversation, pages };
}

/** Whether these say the same of a conversation: what changes a message raises the revision. */
export function sameState(
  a: Omit<ConversationSummary, 'activeGenerationId'>,
  b: Omit<ConversationSummary, 'activeGenerationId'>,
): boolean {
  return STATE.every((name) => a[name] === b[name]);
}

const STATE = [
  ...(['id', 'createdAt', 'updatedAt', 'revision', 'title', 'titleBy'] as const),
  ...(['messageCount', 'messageTotal', 'activeMessageId'] as const),
] as const;

async function newestOf(
  { conversations }: HistoryView,
  ownerId: string,
  id: string,
): Promise<Conversation | null> {
  const found = await conversations.find(ownerId, id, { limit: 1, branch: 'all' });
  return found === 'message_not_found' ? null : found;
}

const isStreaming = ({ status }: Message) => status === 'streaming';

/** What is being written is the last message in the order made. */
function streamingIn({ messages }: Conversation): string | null {
  return messages.findLast(isStreaming)?.id ?? null;
}

function settled(found: Conversation, ownerId: string): MovedConversation {
  const { id, activeMessageId } = found;
  const streaming = found.messages.findLast(isStreaming);
  const isActive = streaming !== undefined && streaming.id === activeMessageId;
  const above = streaming?.parentId === id ? null : (streaming?.parentId ?? null);
  const active = isActive ? above : activeMessageId;
  return {
    ownerId,
    id,
    chatId: found.chatId,
    title: found.title,
    titleBy: found.titleBy,
    createdAt: found.createdAt,
    updatedAt: found.updatedAt,
    messageCount: found.messageCount - (isActive ? 1 : 0),
    messageTotal: found.messageTotal - (streaming ? 1 : 0),
    activeMessageId: active === null ? null : movedId(ownerId, id, active),
    revision: found.revision,
    model: found.model,
    parameters: found.parameters,
    tags: found.tags,
    pinned: found.pinned,
    archived: found.archived,
    forkedFrom: found.forkedFrom,
    disposable: found.disposable,
    metadata: found.metadata,
  };
}

function movedMessage(ownerId: string, conversationId: string, message: Message): Message {
  const { parentId, generationId } = message;
  return messageAt(message, {
    id: movedId(ownerId, conversationId, message.id),
    parentId: parentId === conversationId ? parentId : movedId(ownerId, conversationId, parentId),
    generationId,
  });
}

/** An id that a database takes for a message, unlike those of messages in files of other programs. */
const UNIQUE = /^(?!message-\d+$)[\x21-\x7e]{1,36}$/;

/** The id of a message, or one in its place that is unique over all conversations, the same each time. */
function movedId(ownerId: string, conversationId: string, id: string): string {
  if (UNIQUE.test(id)) return id;
  const text = JSON.stringify([ownerId, conversationId, id]);
  const hex = createHash('sha256').update(text).digest('hex');
  return [8, 12, 16, 20, 32]
    .map((end, index, ends) => hex.slice(ends[index - 1] ?? 0, end))
    .join('-');
}
