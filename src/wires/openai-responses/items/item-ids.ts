/** The kinds of items, as their ids begin: reasoning, message, function_call, function_call_output. */
export type ItemPrefix = 'rs' | 'msg' | 'fc' | 'fco';

/** The message of an item. */
export interface ItemPlace {
  messageId: string;
  /** Null where it is not known, or where the message is in none. */
  conversationId: string | null;
}

/** One item of a message, counted from 0 in the order of its parts. */
export interface NamedItem extends ItemPlace {
  /** Null: the message alone is named. */
  prefix: ItemPrefix | null;
  n: number;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ITEM = /^(rs|msg|fc|fco)_([0-9a-f]{32})([0-9a-f]{32})?(?:_([1-9][0-9]{0,8}))?$/i;

/**
 * `msg_<message>`, both UUIDs without dashes: the message, then its conversation, so that an item is found
 * by its id alone in every store; behind them `_<n>`, where it is not the first item of its message.
 */
export function itemId(
  prefix: ItemPrefix,
  { messageId, conversationId }: ItemPlace,
  n: number,
): string {
  const place = hexOf(messageId) + (conversationId === null ? '' : hexOf(conversationId));
  return `${prefix}_${place}${n === 0 ? '' : `_${n}`}`;
}

/** The item of an id, or the first of a message, by the message's UUID; null for what is neither. */
export function parseItemId(id: string): NamedItem | null {
  if (UUID.test(id))
    return { prefix: null, messageId: id.toLowerCase(), conversationId: null, n: 0 };
  const [, prefix, message, conversation, n = '0'] = ITEM.exec(id) ?? [];
  if (message === undefined) return null;
  return {
    prefix: prefix?.toLowerCase() as ItemPrefix,
    messageId: uuidOf(message),
    conversationId: conversation === undefined ? null : uuidOf(conversation),
    n: Number(n),
  };
}

/** Whether an item of that kind can be the one that is named. */
export function isOfKind(named: NamedItem, prefix: ItemPrefix): boolean {
  return named.prefix === null || named.prefix === prefix;
}

/** Whether the item of this id, of `itemId`, is the one that is named. */
export function isNamed(named: NamedItem, id: string): boolean {
  const own = parseItemId(id);
  if (!own?.prefix || own.messageId !== named.messageId || own.n !== named.n) return false;
  const { conversationId } = named;
  const isThere = conversationId === null || conversationId === own.conversationId;
  return isThere && isOfKind(named, own.prefix);
}

/** `resp_` and the generation's UUID without dashes. */
export function responseId(generationId: string): string {
  return `resp_${hexOf(generationId)}`;
}

/** The generation's UUID of it or of a bare one; null for what is neither. */
export function parseResponseId(id: string): string | null {
  return parsed('resp', id);
}

/** `conv_` and the conversation's UUID without dashes. */
export function conversationObjectId(conversationId: string): string {
  return `conv_${hexOf(conversationId)}`;
}

/** The conversation's UUID of it or of a bare one; null for what is neither. */
export function parseConversationId(id: string): string | null {
  return parsed('conv', id);
}

function parsed(prefix: string, id: string): string | null {
  if (UUID.test(id)) return id.toLowerCase();
  const hex = id.startsWith(`${prefix}_`) ? id.slice(prefix.length + 1) : '';
  return /^[0-9a-f]{32}$/i.test(hex) ? uuidOf(hex) : null;
}

function hexOf(uuid: string): string {
  return uuid.replaceAll('-', '');
}

function uuidOf(hex: string): string {
  const groups = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...groups, hex.slice(20)].join('-').toLowerCase();
}
