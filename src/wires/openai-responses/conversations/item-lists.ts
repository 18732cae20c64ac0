import { Injectable } from '@nestjs/common';
import { AppError } from '../../../common/errors/app-error.js';
import type { BranchMessage } from '../../../domain/conversation.js';
import { HistoryService, type WindowRequest } from '../../../history/history.service.js';
import { isNamed, parseItemId, type NamedItem } from '../items/item-ids.js';
import { listOf, unknownAfter, type ItemList, type ItemPageRequest } from '../items/item-page.js';
import type { Item } from '../items/item-types.js';
import { messageItems, type ItemsPlace } from '../items/message-items.js';

/** A list of a conversation's items, as far as it was read. */
interface Walk extends ItemsPlace {
  ownerId: string;
  limit: number;
  /** Where it begins; null: with the first item. */
  after: NamedItem | null;
}

/** The items of the active branches of conversations, page by page. */
@Injectable()
export class ItemLists {
  constructor(private readonly history: HistoryService) {}

  /** Throws `conversation_not_found`, and `validation` for an `after` that the conversation has not. */
  async page(
    ownerId: string,
    place: ItemsPlace,
    { limit, after, order }: ItemPageRequest,
  ): Promise<ItemList> {
    const named = after === null ? null : parseItemId(after);
    if (after !== null && named === null) {
      await this.history.summary(ownerId, place.conversationId);
      throw unknownAfter();
    }
    const walk = { ...place, ownerId, limit, after: named };
    // One more says whether there is a next page.
    const items = await (order === 'asc' ? this.oldestFirst(walk) : this.newestFirst(walk));
    return listOf(items.slice(0, limit), items.length > limit);
  }

  /** Reads no more messages than it needs: windows from the end of the branch, or from `after`, upwards. */
  private async newestFirst(walk: Walk): Promise<Item[]> {
    const { limit, after } = walk;
    const items: Item[] = [];
    let window: WindowRequest = { messages: limit + 1, ...(after && { upTo: after.messageId }) };
    for (;;) {
      const messages = await this.read(walk, window);
      const found = messages.flatMap((message) => messageItems(message, walk)).reverse();
      items.push(...(after && window.before === undefined ? behind(found, after) : found));
      const [oldest] = messages;
      if (!oldest || messages.length <= limit || items.length > limit) return items;
      window = { messages: limit + 1, before: oldest.id };
    }
  }

  private async oldestFirst(walk: Walk): Promise<Item[]> {
    const { limit, after } = walk;
    const items: Item[] = [];
    let isBehind = after === null;
    for await (const message of this.messages(walk, {}))
      for (const item of messageItems(message, walk)) {
        if (isBehind) items.push(item);
        else isBehind = after !== null && isNamed(after, item.id);
        if (items.length > limit) return items;
      }
    if (!isBehind) throw unknownAfter();
    return items;
  }

  private async read(walk: Walk, window: WindowRequest): Promise<BranchMessage[]> {
    const messages: BranchMessage[] = [];
    for await (const message of this.messages(walk, window)) messages.push(message);
    return messages;
  }

  private async *messages(
    { ownerId, conversationId }: Walk,
    window: WindowRequest,
  ): AsyncGenerator<BranchMessage> {
    const found = await this.history.get(ownerId, conversationId, window).catch(ifUnknown);
    if ('messages' in found) yield* found.messages;
    else for await (const page of found.pages) yield* page;
  }
}

/** What is behind the item that is named. */
function behind(items: readonly Item[], after: NamedItem): Item[] {
  const at = items.findIndex(({ id }) => isNamed(after, id));
  if (at === -1) throw unknownAfter();
  return items.slice(at + 1);
}

function ifUnknown(error: unknown): never {
  if (error instanceof AppError && error.reason === 'message_not_found') throw unknownAfter();
  throw error;
}
