import type { Message } from '../../../domain/conversation.js';
import type { MovedConversation } from '../../history-transfer.js';
import { MovedPlaces } from '../../rules/moved-places.js';
import { insertedMessage, insertMessagesSql } from '../conversations/inserted-messages.js';
import type { Dialect } from '../database/dialect.js';
import type { SqlSession } from '../database/sql-database.js';

/** Text that one statement writes, in UTF-16 units. */
const MOST_TEXT = 256 * 1024;
const MOST_ROWS = 100;

/** Writes the messages of a moved conversation, many at a time. Part of a transaction. */
export class MessageRows {
  readonly places: MovedPlaces;
  private readonly insert: string;
  private rows: object[] = [];
  private length = 0;

  constructor(
    private readonly session: SqlSession,
    dialect: Dialect,
    private readonly conversation: Pick<MovedConversation, 'ownerId' | 'id'>,
  ) {
    this.places = new MovedPlaces(conversation.id);
    this.insert = insertMessagesSql(dialect);
  }

  async add(message: Message): Promise<void> {
    const { content, images } = message;
    this.rows.push(insertedMessage(message, this.places.next(message)));
    this.length += content.length;
    const { ownerId, id } = this.conversation;
    for (const image of images ?? [])
      await this.session.query(USE_IMAGE, [message.id, image.id, ownerId, id]);
    if (this.rows.length >= MOST_ROWS || this.length >= MOST_TEXT) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.rows.length === 0) return;
    const { ownerId, id } = this.conversation;
    await this.session.query(this.insert, [ownerId, id, JSON.stringify(this.rows)]);
    this.rows = [];
    this.length = 0;
  }
}

/** An image whose bytes were not there where it came from has no use. */
const USE_IMAGE = `
  INSERT INTO image_uses (message_id, image_id, owner_id, conversation_id)
  SELECT CAST($1 AS varchar), i.id, i.owner_id, CAST($4 AS varchar)
  FROM images i WHERE i.id = $2 AND i.owner_id = $3
  ON CONFLICT DO NOTHING`;
