import { createHash, type Hash } from 'node:crypto';
import type { ApiKeyRecord } from '../../domain/api-key.js';
import type { Message } from '../../domain/conversation.js';
import type { UsageItem } from '../../domain/token-usage.js';
import type { MovedConversation } from '../../store/history-transfer.js';

/** What a store or a backup has. */
export interface Contents {
  conversations: number;
  messages: number;
  /** SHA-256, in hexadecimal digits: the same of equal contents, in whatever order they are read. */
  digest: string;
}

const BITS = 256n;

/** Adds up conversations to the digest of all. */
export class HistoryDigest {
  private sum = 0n;
  private conversations = 0;
  private messages = 0;
  private usage: string | null = null;
  private keys: string | null = null;

  /** Null: there was never one. */
  addKeys(keys: readonly ApiKeyRecord[] | null): void {
    if (keys) this.keys = keysDigest(keys);
  }

  /** What answers took; a store without any has the digest of its conversations. */
  addUsage(items: readonly UsageItem[]): void {
    if (items.length > 0) this.usage = usageDigest(items);
  }

  add({ digest, messages }: ConversationContents): void {
    this.sum = (this.sum + digest) % (1n << BITS);
    this.conversations += 1;
    this.messages += messages;
  }

  contents(): Contents {
    const { conversations, messages } = this;
    const all = [conversations, messages, this.sum.toString(16)];
    if (this.usage !== null) all.push(this.usage);
    if (this.keys !== null) all.push(this.keys);
    const digest = createHash('sha256').update(all.join(' ')).digest('hex');
    return { conversations, messages, digest };
  }
}

/** Of items in the order of their store. */
export function usageDigest(items: readonly UsageItem[]): string {
  const hash = createHash('sha256');
  for (const item of items) {
    const { day, model, keyName, ownerId, generations, completed, cancelled, failed } = item;
    const counts = [generations, completed, cancelled, failed];
    const tokens = [item.promptTokens, item.completionTokens, item.estimatedTokens];
    hash.update(`${JSON.stringify([day, model, keyName, ownerId, ...counts, ...tokens])}\n`);
  }
  return hash.digest('hex');
}

/** In any order; without when they were used, which is not exact and moves on all the time. */
export function keysDigest(keys: readonly ApiKeyRecord[]): string {
  const hash = createHash('sha256');
  for (const key of [...keys].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const { id, digest, name, owner, scopes, models, hint } = key;
    const { requests, streams, tokensDay, tokensMonth } = key.limits;
    const limits = [requests, streams, tokensDay, tokensMonth];
    const times = [key.createdAt, key.expiresAt, key.revokedAt];
    hash.update(
      `${JSON.stringify([id, digest, name, owner, scopes, models, hint, limits, times])}\n`,
    );
  }
  return hash.digest('hex');
}

/** What one conversation adds. */
export interface ConversationContents {
  digest: bigint;
  messages: number;
}

/** The digest of one conversation, from its messages in the order made. */
export class ConversationDigest {
  private readonly hash: Hash = createHash('sha256');
  private messages = 0;

  constructor(conversation: MovedConversation) {
    this.hash.update(`${JSON.stringify(conversationValues(conversation))}\n`);
  }

  add(message: Message): void {
    this.messages += 1;
    this.hash.update(`${JSON.stringify(messageValues(message))}\n`);
  }

  /** Of an image that is not there, or is another one: its id alone would not tell. */
  addMissing(imageId: string): void {
    this.hash.update(`missing ${imageId}\n`);
  }

  contents(): ConversationContents {
    return { digest: BigInt(`0x${this.hash.digest('hex')}`), messages: this.messages };
  }
}

/** Without counts: the messages are counted. */
function conversationValues(conversation: MovedConversation): unknown[] {
  const { ownerId, id, chatId, forkedFrom, parameters, disposable, metadata } = conversation;
  return [
    ...[ownerId, id, conversation.title, conversation.titleBy],
    ...[conversation.createdAt, conversation.updatedAt, conversation.activeMessageId],
    ...[conversation.revision, conversation.model, parameters, conversation.tags],
    ...[conversation.pinned, conversation.archived],
    forkedFrom && [forkedFrom.conversationId, forkedFrom.messageId],
    ...given(chatId),
    ...(disposable ? [disposable] : []),
    ...(metadata ? [Object.entries(metadata).sort(byName)] : []),
  ];
}

function messageValues(message: Message): unknown[] {
  const { usage, parts, images, toolAnswer, clientId } = message;
  return [
    ...[message.id, message.parentId, message.role, message.content, message.createdAt],
    ...[message.status, message.model, message.finishReason, message.generationId],
    usage && [usage.promptTokens, usage.completionTokens],
    parts && [parts.list, parts.thinkingMs],
    images && images.map(({ id, mediaType, bytes }) => [id, mediaType, bytes]),
    toolAnswer && [toolAnswer.callId, toolAnswer.isError],
    ...given(clientId),
  ];
}

function byName([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : 1;
}

/** Nothing where there is none: the digest of what earlier releases have stays as they gave it. */
function given(id: string | null): string[] {
  return id === null ? [] : [id];
}
