import { randomUUID } from 'node:crypto';
import { Binary } from 'mongodb';
import type { ImageReference, Message } from '../../../domain/conversation.js';
import type { MovedConversation, MovedMessages } from '../../history-transfer.js';
import type { SystemPrompt } from '../../conversation-store.js';
import { eraseEnded } from '../conversations/purge.js';
import type { Collections } from '../database/collections.js';
import { insertIfAbsent } from '../database/insert-if-absent.js';
import {
  chatFields,
  NO_SETTINGS,
  owned,
  type ConversationDocument,
} from '../documents/conversation-documents.js';
import { pieceKey, useDocument, type ImageUseDocument } from '../documents/image-documents.js';
import type { MessageDocument } from '../documents/message-document.js';
import { removeUnused } from '../images/image-removal.js';
import { changing } from '../images/image-content.js';
import { PlacedMessages } from './moved-messages.js';

/**
 * Puts a moved conversation in place of the one that has its id. Its document comes last: what a crash
 * leaves before that is not visible, and the next call removes it.
 */
export async function putConversation(
  collections: Collections,
  conversation: MovedConversation,
  messages: MovedMessages,
): Promise<void> {
  const gone = await deleteDocuments(collections, conversation);
  const images = new Set<string>();
  try {
    await insertConversation(collections, conversation, (storeImage) =>
      messages((image, pieces) => {
        images.add(owned(conversation.ownerId, image.id));
        return storeImage(image, pieces);
      }),
    );
  } catch (error) {
    await deleteDocuments(collections, conversation);
    for (const image of images) await removeUnused(collections, image);
    throw error;
  }
  for (const image of gone) await removeUnused(collections, image);
}

async function insertConversation(
  collections: Collections,
  conversation: MovedConversation,
  messages: MovedMessages,
): Promise<void> {
  const placed = new PlacedMessages(conversation);
  let system: SystemPrompt | null = null;
  const pages = messages((image, pieces) =>
    storeImage(collections, conversation.ownerId, image, pieces),
  );
  for await (const page of pages) {
    const [first] = page;
    if (first?.role === 'system' && system === null) system = promptOf(first);
    await insertPage(collections, conversation, placed, page.filter(isTurn));
  }
  await collections.conversations.insertOne(documentOf(conversation, placed, system));
}

/** Removes all conversations with what belongs to them. */
export async function removeHistory(collections: Collections): Promise<void> {
  const { conversations, messages, images, imagePieces, imageUses, imageChanges } = collections;
  await conversations.deleteMany({});
  await messages.deleteMany({});
  await imageUses.deleteMany({});
  await images.deleteMany({});
  await imagePieces.deleteMany({});
  await imageChanges.deleteMany({});
}

/** Removes a conversation with all that belongs to it. */
export async function removeConversation(
  collections: Collections,
  subject: Pick<MovedConversation, 'ownerId' | 'id'>,
): Promise<void> {
  const gone = await deleteDocuments(collections, subject);
  for (const image of gone) await removeUnused(collections, image);
}

/** Returns the `_id`s of the images that it used. */
async function deleteDocuments(
  collections: Collections,
  { ownerId, id }: Pick<MovedConversation, 'ownerId' | 'id'>,
): Promise<Set<string>> {
  const { conversations, messages, imageUses } = collections;
  const conversation = owned(ownerId, id);
  await conversations.deleteOne({ _id: conversation });
  await messages.deleteMany({ conversation });
  // Their rows would stay as long as its messages.
  await eraseEnded(collections, { conversation, isKept: true });
  const uses = await imageUses
    .find({ conversation })
    .project<{ image: string }>({ image: 1 })
    .toArray();
  await imageUses.deleteMany({ conversation });
  return new Set(uses.map(({ image }) => image));
}

async function insertPage(
  { messages, imageUses, images }: Collections,
  { ownerId, id }: MovedConversation,
  placed: PlacedMessages,
  page: readonly Message[],
): Promise<void> {
  const documents: MessageDocument[] = page.map((message) => placed.next(message));
  if (documents.length > 0) await messages.insertMany(documents);
  const uses: ImageUseDocument[] = page.flatMap((message) =>
    (message.images ?? []).map((image) => ({
      ...useDocument({ ownerId, conversationId: id, messageId: message.id }, image.id),
      openSince: null,
    })),
  );
  const there = new Set<string>();
  for (const { image } of uses) if (await images.findOne({ _id: image })) there.add(image);
  await insertIfAbsent(
    imageUses,
    uses.filter(({ image }) => there.has(image)),
  );
}

const isTurn = ({ role }: Message) => role !== 'system';

function promptOf({ id, content, createdAt }: Message): SystemPrompt {
  return { id, content, createdAt };
}

function documentOf(
  conversation: MovedConversation,
  placed: PlacedMessages,
  system: SystemPrompt | null,
): ConversationDocument {
  const { ownerId, id, parameters, tags, pinned, archived, forkedFrom } = conversation;
  const { disposable, metadata } = conversation;
  const tree = placed.tree(conversation.activeMessageId, 1);
  return {
    _id: owned(ownerId, id),
    ownerId,
    id,
    title: conversation.title,
    createdAt: conversation.createdAt,
    updatedAt: conversation.updatedAt,
    messageCount: tree.last,
    turns: 1,
    ...NO_SETTINGS,
    changes: conversation.revision - 1,
    titleBy: conversation.titleBy,
    model: conversation.model,
    parameters: parameters && JSON.stringify(parameters),
    tags: [...tags],
    pinned: pinned || null,
    archived: archived || null,
    forkedFrom,
    disposable: disposable || null,
    metadata: metadata && JSON.stringify(metadata),
    ...chatFields(conversation.chatId),
    system,
    tree,
    deletedAt: null,
    purged: false,
  };
}

async function storeImage(
  collections: Collections,
  ownerId: string,
  { id, mediaType, bytes }: ImageReference,
  pieces: AsyncIterable<Buffer>,
): Promise<void> {
  const { images, imagePieces } = collections;
  const _id = owned(ownerId, id);
  if (await images.findOne({ _id })) return;
  const content = randomUUID();
  await changing(collections, { content, image: _id }, async () => {
    let place = 0;
    for await (const piece of pieces) {
      await imagePieces.insertOne({
        _id: pieceKey(content, place),
        content,
        data: new Binary(piece),
      });
      place += 1;
    }
    await images.insertOne({ _id, ownerId, mediaType, bytes, content, removing: null });
  });
}
