import type { ToldText } from '../response-echo.js';
import { itemId } from './item-ids.js';
import type { Item } from './item-types.js';
import { inputMessage, messageItems, type ItemsPlace, type ShownMessage } from './message-items.js';

/** Of which response the input is. */
export interface InputItemsPlace extends ItemsPlace {
  generationId: string;
}

/**
 * The input of a response, oldest first: its messages, and between them what was told to its model alone. The
 * latter is in no conversation: its items have the id of the generation, and are known to this list only.
 */
export function inputItems(
  messages: readonly ShownMessage[],
  told: readonly ToldText[],
  place: InputItemsPlace,
): Item[] {
  const { generationId: messageId, conversationId } = place;
  const apart = told.map(({ text, at }, n) => {
    const id = itemId('msg', { messageId, conversationId }, n);
    return { at, item: inputMessage(id, 'system', [{ type: 'input_text', text }]) };
  });
  // The system prompt of a conversation is counted nowhere.
  const prompt = messages.filter(({ role }) => role === 'system');
  const others = messages.filter(({ role }) => role !== 'system');
  const toldAt = (isThere: (at: number) => boolean): Item[] =>
    apart.filter(({ at }) => isThere(at)).map(({ item }) => item);
  return [
    ...prompt.flatMap((message) => messageItems(message, place)),
    ...others.flatMap((message, n) => [
      ...toldAt((at) => at === n),
      ...messageItems(message, place),
    ]),
    // Messages before it may have been taken out since.
    ...toldAt((at) => at >= others.length),
  ];
}
