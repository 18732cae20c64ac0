import { Injectable } from '@nestjs/common';
import type { ChatCommand, ClientMessage } from '../../chat/chat-command.js';
import { ClientChats, type ClientChat } from '../../chat/client-chats.js';
import { GivenImages } from '../../chat/given-images.js';
import { callingAnswer } from '../../chat/tool-calls.js';
import { hasLength } from '../../common/validation/code-point-length.decorator.js';
import { fieldError } from '../../common/validation/validation-error.js';
import { toolCallsOf } from '../../domain/parts.js';
import { echoOf } from './ui-echo.js';
import { answerMessages, userMessage } from './ui-history.js';
import { UiImages } from './ui-images.js';
import { callsIn, textOf, type UiMessage, type UiRequest } from './ui-request.js';

type Located = Awaited<ReturnType<ClientChats['located']>>[number];

/** What a request adds to its chat, and where. */
export interface UiTurn extends Pick<
  ChatCommand,
  | 'message'
  | 'images'
  | 'messageClientId'
  | 'before'
  | 'regenerate'
  | 'toolResults'
  | 'parentId'
  | 'echo'
> {
  /** The system prompt among its messages; null: none. */
  system: string | null;
  given: GivenImages;
}

const LONGEST_MESSAGE = 10_000;
const LONGEST_RESULT = 100_000;
/** Of the branch, to find the answer whose tools were called, and what went on from it. */
const RECENT = 200;

/** Finds out what of a client's messages is new, and where in the history it goes. */
@Injectable()
export class UiTurns {
  constructor(
    private readonly chats: ClientChats,
    private readonly images: UiImages,
  ) {}

  /** Throws `validation`, `image_not_found`, `conversation_not_found`. */
  async of(ownerId: string, chat: ClientChat, request: UiRequest): Promise<UiTurn> {
    const { messages } = request;
    const known =
      chat.summary === null ? [] : await this.known(ownerId, chat.conversationId, messages);
    if (chat.summary === null) return this.takenOver(ownerId, messages);
    const last = messages.at(-1);
    if (last?.role === 'assistant' && !request.isRegenerate)
      return this.results(ownerId, chat.conversationId, last, known);
    return this.question(ownerId, chat, request, known);
  }

  private known(
    ownerId: string,
    conversationId: string,
    messages: readonly UiMessage[],
  ): Promise<Located[]> {
    return this.chats.located(
      ownerId,
      conversationId,
      messages.map(({ id }) => id),
    );
  }

  /** A message of the user: a new one, a changed one, or one that is answered again. */
  private async question(
    ownerId: string,
    { conversationId }: ClientChat,
    { messages, isRegenerate, editedId }: UiRequest,
    known: readonly Located[],
  ): Promise<UiTurn> {
    const end = messages.findLastIndex(({ role }) => role === 'user');
    const last = messages[end];
    if (!last) throw fieldError('messages', 'messages must have a message of the user');
    const stored = named(known, last.id);
    if (isRegenerate && stored) return { ...emptyTurn(), regenerate: true, parentId: stored.id };
    const edited =
      editedId === null
        ? stored
        : (named(known, editedId) ??
          named(await this.chats.located(ownerId, conversationId, [editedId]), editedId));
    const first = edited ? end : firstUnknown(messages, end, known);
    const parentId = edited
      ? edited.parentId
      : await this.placeBehind(ownerId, conversationId, messages.slice(0, first), known);
    return this.asked(ownerId, messages.slice(first, end + 1), parentId);
  }

  /** Null: the end of the active branch, where the last message that is known is on it. */
  private async placeBehind(
    ownerId: string,
    conversationId: string,
    before: readonly UiMessage[],
    known: readonly Located[],
  ): Promise<string | null> {
    const last = before.findLast(({ id }) => named(known, id));
    const place = last ? named(known, last.id) : null;
    if (!place || place.active) return null;
    const [end] = await this.chats.lastOf(ownerId, conversationId, place.id, 1);
    return end?.id ?? null;
  }

  /** @param questions messages of the user, the last of which is the one that is answered */
  private async asked(
    ownerId: string,
    questions: readonly UiMessage[],
    parentId: string | null,
    earlier: readonly ClientMessage[] = [],
    given = new GivenImages(),
  ): Promise<UiTurn> {
    const staged: ClientMessage[] = [];
    for (const message of questions) {
      const question = userMessage(message, await this.images.of(message, ownerId, given));
      assertQuestion(message, question);
      staged.push(question);
    }
    const last = staged.pop();
    if (!last) throw fieldError('messages', 'messages must have a message of the user');
    const { content: message, images, clientId: messageClientId } = last;
    const before = [...earlier, ...staged];
    return { ...emptyTurn(), message, images, messageClientId, before, parentId, given };
  }

  /** Results of the tools that the last answer of its branch called. */
  private async results(
    ownerId: string,
    conversationId: string,
    message: UiMessage,
    known: readonly Located[],
  ): Promise<UiTurn> {
    const through = named(known, message.id)?.id ?? null;
    const branch = await this.chats.lastOf(ownerId, conversationId, through, RECENT);
    const open = toolCallsOf(callingAnswer(branch)?.parts ?? null) ?? [];
    const calls = callsIn(message).filter(({ id }) => open.some((call) => call.id === id));
    const toolResults = calls.flatMap(({ id: callId, result, field }) => {
      if (result === null) return [];
      if (!hasLength(result.content, 0, LONGEST_RESULT))
        throw fieldError(field, `its output must have at most ${LONGEST_RESULT} characters`);
      return { callId, ...result };
    });
    if (toolResults.length === 0)
      throw fieldError(message.field, 'must have the result of a tool that the last answer called');
    const parentId = branch.at(-1)?.id ?? null;
    return { ...emptyTurn(), toolResults, parentId, echo: echoOf(message.id) };
  }

  /** A chat that is not here yet: all that the client has of it is taken over, once. */
  private async takenOver(ownerId: string, messages: readonly UiMessage[]): Promise<UiTurn> {
    const given = new GivenImages();
    const last = messages.at(-1);
    const end = last?.role === 'user' ? messages.length - 1 : messages.length;
    const before: ClientMessage[] = [];
    for (const message of messages.slice(0, end)) {
      if (message.role === 'assistant') before.push(...answerMessages(message));
      else if (message.role === 'user')
        before.push(userMessage(message, await this.images.of(message, ownerId, given)));
    }
    const [first] = messages;
    const system = first?.role === 'system' ? textOf(first) : '';
    const turn =
      last?.role === 'user'
        ? await this.asked(ownerId, [last], null, before, given)
        : { ...emptyTurn(), before, given, echo: last ? echoOf(last.id) : null };
    if (turn.message === null && !before.some(({ role }) => role === 'user'))
      throw fieldError('messages', 'messages must have a message of the user');
    return { ...turn, system: hasLength(system, 1, LONGEST_MESSAGE) ? system : null };
  }
}

function emptyTurn(): UiTurn {
  return {
    message: null,
    images: null,
    messageClientId: null,
    before: [],
    regenerate: false,
    toolResults: [],
    parentId: null,
    echo: null,
    system: null,
    given: new GivenImages(),
  };
}

/** The message of a name: of several the one on the active branch, else the newest. */
function named(known: readonly Located[], name: string): Located | null {
  const found = known.filter(({ id, clientId }) => id === name || clientId === name);
  return found.findLast(({ active }) => active) ?? found.at(-1) ?? null;
}

/** Where the messages of the user begin that end at `end` and of which none is known. */
function firstUnknown(
  messages: readonly UiMessage[],
  end: number,
  known: readonly Located[],
): number {
  let first = end;
  while (first > 0) {
    const before = messages[first - 1];
    if (before?.role !== 'user' || named(known, before.id)) break;
    first -= 1;
  }
  return first;
}

function assertQuestion(message: UiMessage, { content, images }: ClientMessage): void {
  if (hasLength(content, images === null ? 1 : 0, LONGEST_MESSAGE)) return;
  throw fieldError(
    `${message.field}.parts`,
    `parts must have a text of 1 to ${LONGEST_MESSAGE} characters, or an image`,
  );
}
