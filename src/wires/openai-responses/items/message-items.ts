import { imagePath } from '../../../common/http/image.dto.js';
import type { Message } from '../../../domain/conversation.js';
import { itemId, type ItemPlace } from './item-ids.js';
import type { InputContent, InputMessageItem, Item, ItemStatus } from './item-types.js';
import { outputItems } from './output-items.js';

/** Where messages stand, for what clients see of them. */
export interface ItemsPlace {
  conversationId: string;
  /** Of paths in them, as `forwardedPrefix` gives it. */
  prefix: string;
}

/** What of a message its items show: one that is stored, or staged in a turn. */
export type ShownMessage = Pick<
  Message,
  'id' | 'role' | 'content' | 'parts' | 'images' | 'toolAnswer'
> &
  Partial<Pick<Message, 'status' | 'finishReason'>>;

/** A message as its items, in order: an answer as many as it has parts, all others one. */
export function messageItems(message: ShownMessage, place: ItemsPlace): Item[] {
  const { role, content } = message;
  const at: ItemPlace = { messageId: message.id, conversationId: place.conversationId };
  switch (role) {
    case 'system':
      return [inputMessage(itemId('msg', at, 0), role, [{ type: 'input_text', text: content }])];
    case 'user':
      return [inputMessage(itemId('msg', at, 0), role, userContent(message, place))];
    case 'assistant': {
      const written = { response: content, parts: message.parts };
      return outputItems({ ...at, written, status: itemStatusOf(message) });
    }
    case 'tool':
      return [resultItem(at, message)];
  }
}

/** The status of the last item of an answer that is or was written. */
export function itemStatusOf({
  status = 'complete',
  finishReason = null,
}: Partial<Pick<Message, 'status' | 'finishReason'>>): ItemStatus {
  if (status === 'streaming') return 'in_progress';
  return status === 'complete' && finishReason !== 'length' ? 'completed' : 'incomplete';
}

export function inputMessage(
  id: string,
  role: 'user' | 'system',
  content: InputContent[],
): InputMessageItem {
  return { id, type: 'message', role, status: 'completed', content };
}

function userContent({ content, images }: ShownMessage, place: ItemsPlace): InputContent[] {
  const path = imagePath(place.conversationId, place.prefix);
  const pictures = (images ?? []).map(
    ({ id }) =>
      ({ type: 'input_image', image_url: path + id, file_id: null, detail: 'auto' }) as const,
  );
  const isText = content !== '' || pictures.length === 0;
  return [...(isText ? [{ type: 'input_text', text: content } as const] : []), ...pictures];
}

function resultItem(at: ItemPlace, { content, toolAnswer }: ShownMessage): Item {
  return {
    id: itemId('fco', at, 0),
    type: 'function_call_output',
    call_id: toolAnswer?.callId ?? '',
    output: content,
    status: 'completed',
  };
}
