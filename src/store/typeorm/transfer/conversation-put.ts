import type { ImageReference } from '../../../domain/conversation.js';
import type { MovedConversation, MovedMessages } from '../../history-transfer.js';
import { forgetDeletedChat } from '../conversations/deleted-chats.js';
import { encodeNamed } from '../conversations/conversation-rows.js';
import { markBranched } from '../conversations/removed-messages.js';
import { storedEnd } from '../conversations/summary-sql.js';
import { encodeTags, writeTagRows } from '../conversations/tag-rows.js';
import type { Dialect } from '../database/dialect.js';
import type { SqlSession } from '../database/sql-database.js';
import { insertPiece, isThere } from '../images/image-rows.js';
import { lockImages, removeUnused } from '../images/image-removal.js';
import { MessageRows } from './message-rows.js';

type Subject = Pick<MovedConversation, 'ownerId' | 'id'>;

/** Puts a moved conversation in place of the one that has its id. Part of a transaction. */
export async function putConversation(
  session: SqlSession,
  dialect: Dialect,
  conversation: MovedConversation,
  messages: MovedMessages,
): Promise<void> {
  const { ownerId, activeMessageId } = conversation;
  const gone = await deleteRows(session, conversation);
  await forgetDeletedChat(session, conversation);
  await insertConversation(session, conversation);
  const rows = new MessageRows(session, dialect, conversation);
  const pages = messages((image, pieces) => storeImage(session, dialect, ownerId, image, pieces));
  for await (const page of pages) for (const message of page) await rows.add(message);
  await rows.flush();
  const { messageCount, messageTotal, systemCount } = rows.places.counts(activeMessageId);
  await session.query(
    `UPDATE conversations SET message_count = $3, message_total = $4, system_count = $5, active_id = $6
     WHERE owner_id = $1 AND id = $2`,
    [
      ...[ownerId, conversation.id, messageCount, messageTotal, systemCount],
      storedEnd(activeMessageId, messageTotal > systemCount),
    ],
  );
  await markBranched(session, conversation, activeMessageId);
  await writeTagRows(session, dialect, conversation);
  await removeImages(session, dialect, ownerId, gone);
}

/** Removes a conversation with all that belongs to it. Part of a transaction. */
export async function removeConversation(
  session: SqlSession,
  dialect: Dialect,
  subject: Subject,
): Promise<void> {
  const gone = await deleteRows(session, subject);
  await removeImages(session, dialect, subject.ownerId, gone);
}

/**
 * Its messages and tags go with its row, and its generations are not kept any more. Returns the uses of images
 * that it had.
 */
async function deleteRows(session: SqlSession, { ownerId, id }: Subject) {
  const parameters = [ownerId, id];
  await session.query('DELETE FROM conversations WHERE owner_id = $1 AND id = $2', parameters);
  await session.query(
    'UPDATE generations SET kept = FALSE WHERE owner_id = $1 AND conversation_id = $2 AND kept',
    parameters,
  );
  return session.query<{ image_id: string }>(
    'DELETE FROM image_uses WHERE owner_id = $1 AND conversation_id = $2 RETURNING image_id',
    parameters,
  );
}

async function removeImages(
  session: SqlSession,
  dialect: Dialect,
  ownerId: string,
  gone: readonly { image_id: string }[],
): Promise<void> {
  if (gone.length === 0) return;
  await lockImages(session, dialect, ownerId);
  await removeUnused(session, dialect, ownerId, gone);
}

/** Its counts and its end are not known yet. */
async function insertConversation(
  session: SqlSession,
  conversation: MovedConversation,
): Promise<void> {
  const { parameters, forkedFrom } = conversation;
  await session.query(
    `INSERT INTO conversations (owner_id, id, title, title_by, created_at, updated_at, message_count,
       message_total, system_count, revision, model, parameters, tags, pinned, archived,
       forked_id, forked_message_id, chat_id, disposable, metadata)
     VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
    [
      conversation.ownerId,
      conversation.id,
      conversation.title,
      conversation.titleBy,
      conversation.createdAt,
      conversation.updatedAt,
      conversation.revision,
      conversation.model,
      encodeNamed(parameters),
      encodeTags(conversation.tags),
      conversation.pinned,
      conversation.archived,
      forkedFrom?.conversationId ?? null,
      forkedFrom?.messageId ?? null,
      conversation.chatId,
      conversation.disposable,
      encodeNamed(conversation.metadata),
    ],
  );
}

async function storeImage(
  session: SqlSession,
  dialect: Dialect,
  ownerId: string,
  { id, mediaType, bytes }: ImageReference,
  pieces: AsyncIterable<Buffer>,
): Promise<void> {
  await lockImages(session, dialect, ownerId);
  if (await isThere(session, ownerId, id)) return;
  await session.query(
    'INSERT INTO images (id, owner_id, media_type, bytes) VALUES ($1, $2, $3, $4)',
    [id, ownerId, mediaType, bytes],
  );
  let place = 0;
  for await (const piece of pieces) {
    await insertPiece(session, { ownerId, id }, place, piece);
    place += 1;
  }
}
