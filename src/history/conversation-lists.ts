import { Injectable } from '@nestjs/common';
import type { ConversationPage, TagCount } from '../domain/conversation.js';
import {
  ConversationStore,
  type ListFilter,
  type ListRequest,
} from '../store/conversation-store.js';
import { decodeCursor, encodeCursor } from './list-cursor.js';

/** Which page of a list: from an offset on, or behind the page that gave the cursor. */
export interface PageRequest {
  limit: number;
  offset?: number;
  cursor?: string;
}

/** A page, and the cursor of the next one. */
export interface ListedPage extends ConversationPage {
  nextCursor: string | null;
}

/** Lists of conversations, each within one owner. */
@Injectable()
export class ConversationLists {
  constructor(private readonly conversations: ConversationStore) {}

  /** A page of the conversations that the filter leaves. Fails with `validation` for a bad cursor. */
  async list(ownerId: string, filter: ListFilter, page: PageRequest): Promise<ListedPage> {
    const { limit, offset = 0, cursor } = page;
    const at = cursor === undefined ? null : decodeCursor(cursor, filter);
    const until = at ? at.until : await this.walkEnd(ownerId, filter);
    const { conversations, total } = await this.conversations.list(ownerId, {
      ...filter,
      // One more says whether there is a next page.
      limit: limit + 1,
      from: at ? { after: { time: at.time, id: at.id } } : { offset },
      until: at ? until : null,
    });
    const listed = conversations.slice(0, limit);
    const last = conversations.length > limit ? listed.at(-1) : undefined;
    const nextCursor =
      last === undefined
        ? null
        : encodeCursor({ time: last[filter.sort], id: last.id, until }, filter);
    return { conversations: listed, total, nextCursor };
  }

  /** The tags of all conversations, by tag. */
  tags(ownerId: string): Promise<TagCount[]> {
    return this.conversations.tags(ownerId);
  }

  /**
   * Up to which time a walk goes on, where what is touched during it would be met again behind its place.
   * The clocks of workers differ: the newest conversation may be from later than now.
   */
  private async walkEnd(ownerId: string, filter: ListFilter): Promise<number | null> {
    if (filter.sort !== 'updatedAt' || filter.order !== 'asc') return null;
    const newest: ListRequest = {
      ...filter,
      order: 'desc',
      limit: 1,
      from: { offset: 0 },
      until: null,
    };
    const [last] = (await this.conversations.list(ownerId, newest)).conversations;
    return Math.max(Date.now(), last?.updatedAt ?? 0);
  }
}
