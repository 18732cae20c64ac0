import { Injectable } from '@nestjs/common';
import { AddedMessages } from '../../../chat/added-messages.js';
import { AppError } from '../../../common/errors/app-error.js';
import type { ConversationSummary } from '../../../domain/conversation.js';
import { HistoryService } from '../../../history/history.service.js';
import { listIn, refused, type Fields } from '../../given-fields.js';
import { isNamed, parseItemId } from '../items/item-ids.js';
import { listOf, type ItemList } from '../items/item-page.js';
import type { Item } from '../items/item-types.js';
import { messageItems, type ItemsPlace } from '../items/message-items.js';
import { InputReader, type GivenInput } from '../items/read-input.js';
import { systemText } from '../items/system-text.js';
import { readMetadata } from '../metadata.js';

const MOST_ITEMS = 20;

/** Conversations and their items, each within one owner. */
@Injectable()
export class Conversations {
  constructor(
    private readonly history: HistoryService,
    private readonly added: AddedMessages,
    private readonly reader: InputReader,
  ) {}

  /**
   * Makes a conversation with its first items; those for the model, which come first, are its system
   * prompt. Throws `validation`, `images_full`, and what `InputReader` throws.
   */
  async create(ownerId: string, body: Fields): Promise<ConversationSummary> {
    const metadata = readMetadata(body.metadata);
    const items = itemsIn(body) ?? [];
    const place = { ownerId, conversationId: null, field: 'items' };
    const { system, laterSystem, messages, images } = await this.reader.read(items, place);
    refuseSystem(laterSystem, 'must come before all others');
    const made = await this.history.create(ownerId, { system: systemText(system), metadata });
    if (messages.length > 0)
      try {
        await this.added.append(ownerId, made.id, messages, [...images.values()]);
      } catch (error) {
        await this.history.delete(ownerId, made.id, null).catch(() => undefined);
        throw error;
      }
    return made;
  }

  /** Replaces what is noted of it. Throws `validation`, `conversation_not_found`. */
  async update(ownerId: string, id: string, body: Fields): Promise<ConversationSummary> {
    if (body.metadata === undefined) throw refused('metadata', 'is required');
    return this.history.update(ownerId, id, { metadata: readMetadata(body.metadata) }, null);
  }

  /**
   * Adds items at the end of the active branch, and returns them. Throws `validation`,
   * `conversation_not_found`, `conversation_busy`, `conversation_full`, `images_full`, and what `InputReader`
   * throws.
   */
  async addItems(ownerId: string, place: ItemsPlace, body: Fields): Promise<ItemList> {
    const { conversationId } = place;
    const items = itemsIn(body) ?? [];
    if (items.length === 0) throw refused('items', 'must be a list of items, not empty');
    await this.history.summary(ownerId, conversationId);
    const read = await this.reader.read(items, { ownerId, conversationId, field: 'items' });
    refuseSystem(systemItems(read), 'the system prompt is given when the conversation is made');
    const { messages, images } = read;
    const added = await this.added.append(ownerId, conversationId, messages, [...images.values()]);
    return listOf(
      added.flatMap((message) => messageItems(message, place)),
      false,
    );
  }

  /** Throws `conversation_not_found`, `message_not_found`. */
  async item(ownerId: string, place: ItemsPlace, itemId: string): Promise<Item> {
    return (await this.located(ownerId, place, itemId)).item;
  }

  /**
   * Takes the message out of which the item is a part, and leaves what follows it. Throws
   * `conversation_not_found`, `message_not_found`, `conversation_busy`.
   */
  async deleteItem(
    ownerId: string,
    place: ItemsPlace,
    itemId: string,
  ): Promise<ConversationSummary> {
    const { conversationId } = place;
    const { messageId, isSystem } = await this.located(ownerId, place, itemId);
    // The system prompt is a setting.
    if (isSystem) await this.history.update(ownerId, conversationId, { system: null }, null);
    else await this.history.takeOut(ownerId, conversationId, messageId);
    return this.history.summary(ownerId, conversationId);
  }

  private async located(ownerId: string, place: ItemsPlace, itemId: string) {
    const { conversationId } = place;
    const named = parseItemId(itemId);
    if (named) {
      const message = await this.history.message(ownerId, conversationId, named.messageId);
      const item = message && messageItems(message, place)[named.n];
      if (item && isNamed(named, item.id))
        return { item, messageId: message.id, isSystem: message.role === 'system' };
    }
    await this.history.summary(ownerId, conversationId);
    throw new AppError('message_not_found', 'Item not found in this conversation');
  }
}

function itemsIn(body: Fields): readonly unknown[] | undefined {
  const items = listIn(body, 'items');
  if (items && items.length > MOST_ITEMS)
    throw refused('items', `must have at most ${String(MOST_ITEMS)} items`);
  return items;
}

type Refusable = Pick<GivenInput['laterSystem'][number], 'field'>;

/** The items of `system` and `developer`; of those before all else there is at least the first. */
function systemItems({ system, laterSystem }: GivenInput): Refusable[] {
  return system.length > 0 ? [{ field: 'items[0]' }] : [...laterSystem];
}

function refuseSystem([first]: readonly Refusable[], why: string): void {
  if (first) throw refused(`${first.field}.role`, `must be user or assistant: ${why}`);
}
