import { Injectable } from '@nestjs/common';
import type { ClientMessage } from '../../../chat/chat-command.js';
import { GivenImages } from '../../../chat/given-images.js';
import { AppError } from '../../../common/errors/app-error.js';
import type { BranchMessage, ImageReference } from '../../../domain/conversation.js';
import type { NewImage } from '../../../domain/image.js';
import { piecesOf, type ToolCall } from '../../../domain/parts.js';
import { HistoryService } from '../../../history/history.service.js';
import { isDataUrl, isFields, isGiven, refused, type Fields } from '../../given-fields.js';
import { callWith } from '../../openai-functions.js';
import { OwnImages } from '../../own-images.js';
import { GivenMessages, type LaterSystem } from './given-messages.js';
import { isOfKind, parseItemId } from './item-ids.js';
import { prefixOf } from './output-items.js';
import { onlyTextIn, partsIn, required, thinkingIn } from './read-content.js';

/** What a client gives a model, or a conversation. */
export interface GivenInput {
  /** Texts of the roles `system` and `developer` before all else. */
  system: readonly string[];
  /** The others of these. */
  laterSystem: readonly LaterSystem[];
  /** All other items. */
  messages: readonly ClientMessage[];
  /** The images of the messages, by id. */
  images: ReadonlyMap<string, NewImage>;
}

/** Whose input it is, and where it stands. */
export interface InputPlace {
  ownerId: string;
  /** Where ids of items are looked for that name no conversation; null: nowhere. */
  conversationId: string | null;
  /** The field of the request. */
  field: string;
}

/** Messages that the references of one request may name: each is a read of the store. */
const MOST_REFERENCES = 1_000;
const ROLES = 'must be user, assistant, system or developer';
const TYPES =
  'must be message, function_call, function_call_output, reasoning or item_reference: this service has no others';

/** One input as far as it was read. */
interface Reading extends InputPlace {
  given: GivenMessages;
  images: GivenImages;
  /** Messages that references name, by their ids. */
  stored: Map<string, BranchMessage>;
}

/** Reads the items of requests. */
@Injectable()
export class InputReader {
  constructor(
    private readonly history: HistoryService,
    private readonly own: OwnImages,
  ) {}

  /**
   * A text of the user, or a list of items; left out it is empty. Throws `validation`, `image_not_found`, and
   * `message_not_found` for a reference to what the owner does not have.
   */
  async read(input: unknown, place: InputPlace): Promise<GivenInput> {
    const given = new GivenMessages();
    const reading: Reading = { ...place, given, images: new GivenImages(), stored: new Map() };
    if (typeof input === 'string') given.addUser(input, null);
    else if (Array.isArray(input))
      for (const [index, item] of input.entries())
        await this.readItem(reading, item, `${place.field}[${String(index)}]`);
    else if (isGiven(input)) throw refused(place.field, 'must be a string or a list of items');
    const { system, laterSystem } = given;
    return { system, laterSystem, messages: given.all(), images: reading.images.all };
  }

  private async readItem(reading: Reading, item: unknown, path: string): Promise<void> {
    if (!isFields(item)) throw refused(path, 'must be an item, an object');
    const { given } = reading;
    const type = typeOf(item);
    if (type === 'message') await this.readMessage(reading, item, path);
    else if (type === 'reasoning') given.addPiece({ thinking: thinkingIn(item, path) });
    else if (type === 'function_call') given.addPiece({ toolCall: callOf(item, path) });
    else if (type === 'function_call_output')
      given.addResult(required(item, 'call_id', path), onlyTextIn(item, 'output', path));
    else if (type === 'item_reference')
      await this.readReference(reading, required(item, 'id', path), `${path}.id`);
    else throw refused(`${path}.type`, TYPES);
  }

  private async readMessage(reading: Reading, item: Fields, path: string): Promise<void> {
    const { given } = reading;
    const { role } = item;
    if (role === 'user') await this.readQuestion(reading, item, path);
    else if (role === 'assistant') given.addPiece(onlyTextIn(item, 'content', path));
    else if (role === 'system' || role === 'developer')
      given.addSystem(onlyTextIn(item, 'content', path), path);
    else throw refused(`${path}.role`, ROLES);
  }

  private async readQuestion(reading: Reading, item: Fields, path: string): Promise<void> {
    const texts: string[] = [];
    const images: ImageReference[] = [];
    for (const part of partsIn(item, 'content', path))
      if ('text' in part) texts.push(part.text);
      else images.push(await this.image(reading, part.image, part.field));
    reading.given.addUser(texts.join(''), images.length > 0 ? images : null);
  }

  private async image(
    { ownerId, images }: Reading,
    url: string,
    field: string,
  ): Promise<ImageReference> {
    const own = await this.own.named(url, ownerId, images);
    if (own) return own;
    if (!isDataUrl(url))
      throw refused(field, 'must be a data URL: images are not fetched from addresses');
    return images.add(url, field);
  }

  /** What a stored item says is said again. */
  private async readReference(reading: Reading, id: string, field: string): Promise<void> {
    const named = parseItemId(id);
    const conversationId = named?.conversationId ?? reading.conversationId;
    if (!named || conversationId === null) throw unknownItem(field);
    const message = await this.storedMessage(reading, conversationId, named.messageId, field);
    const { given } = reading;
    const { role, content, parts, toolAnswer } = message;
    if (role === 'assistant') {
      const piece = piecesOf({ response: content, parts })[named.n];
      if (piece === undefined || !isOfKind(named, prefixOf(piece))) throw unknownItem(field);
      given.addPiece(piece);
      return;
    }
    const kind = role === 'tool' ? 'fco' : 'msg';
    if (named.n > 0 || !isOfKind(named, kind)) throw unknownItem(field);
    if (role === 'system') given.addSystem(content, field);
    else if (role === 'tool') given.addResult(toolAnswer?.callId ?? '', content);
    else given.addUser(content, await this.imagesOf(reading, message, conversationId));
  }

  private async storedMessage(
    { ownerId, stored }: Reading,
    conversationId: string,
    messageId: string,
    field: string,
  ): Promise<BranchMessage> {
    const known = stored.get(messageId);
    if (known) return known;
    if (stored.size === MOST_REFERENCES)
      throw refused(field, `a request may refer to ${String(MOST_REFERENCES)} messages at most`);
    const message = await this.history.message(ownerId, conversationId, messageId);
    if (!message) throw unknownItem(field);
    stored.set(messageId, message);
    return message;
  }

  private async imagesOf(
    { ownerId, images }: Reading,
    message: BranchMessage,
    conversationId: string,
  ): Promise<ImageReference[] | null> {
    if (message.images === null) return null;
    const found: ImageReference[] = [];
    for (const { id } of message.images)
      found.push(await this.own.stored(ownerId, conversationId, id, images));
    return found;
  }
}

/** A message need not say that it is one, nor a reference. */
function typeOf({ type, role, id }: Fields): unknown {
  if (isGiven(type)) return type;
  if (isGiven(role)) return 'message';
  return isGiven(id) ? 'item_reference' : type;
}

function callOf(item: Fields, path: string): ToolCall {
  const id = required(item, 'call_id', path);
  const name = required(item, 'name', path);
  return callWith(id, name, required(item, 'arguments', path));
}

function unknownItem(field: string): AppError {
  return new AppError('message_not_found', 'Item not found', {
    details: [{ field, message: 'is not the id of a stored item' }],
  });
}
