import { Injectable } from '@nestjs/common';
import { ClientChats, type ClientChat } from '../../chat/client-chats.js';
import { AppError } from '../../common/errors/app-error.js';
import type { BranchMessage } from '../../domain/conversation.js';
import type { Answer } from '../../generation/answer.js';
import { GenerationService, type CancelReceipt } from '../../generation/generation.service.js';
import type { UiChatDto } from './dto/ui-chat.dto.js';
import { echoedMessageId } from './ui-echo.js';
import { toUiMessages } from './ui-messages.js';
import { stepsAgain } from './ui-steps.js';
import { UI_STREAM, UiStreamFormat } from './ui-stream-format.js';

type StagedMessages = NonNullable<Awaited<ReturnType<ClientChats['staged']>>>['messages'];

/** An answer that is being written, and how it is streamed to who joins it. */
export interface RunningAnswer {
  answer: Answer;
  format: UiStreamFormat;
}

/** Chats as their clients read, join and stop them. */
@Injectable()
export class UiChats {
  constructor(
    private readonly chats: ClientChats,
    private readonly generations: GenerationService,
  ) {}

  /** Throws `conversation_not_found`. */
  async read(ownerId: string, chatId: string, prefix: string): Promise<UiChatDto> {
    const chat = await this.chats.find(ownerId, chatId);
    const { conversationId, activeGenerationId } = chat;
    assertThere(chat);
    const staged =
      activeGenerationId === null ? null : await this.chats.staged(ownerId, activeGenerationId);
    const upTo = staged?.parentId ?? null;
    const branch = await this.chats.branch(ownerId, conversationId, upTo);
    const messages = [...branch, ...placed(staged?.messages ?? [], branch, conversationId)];
    return {
      id: chatId,
      conversation_id: conversationId,
      active_generation_id: activeGenerationId,
      messages: toUiMessages(messages, { conversationId, prefix }),
    };
  }

  /** The answer that is being written, with the format for who joins it; null where nothing runs. */
  async running(ownerId: string, chatId: string, prefix: string): Promise<RunningAnswer | null> {
    const { activeGenerationId } = await this.chats.find(ownerId, chatId);
    if (activeGenerationId === null) return null;
    const answer = await this.generations.answer(ownerId, activeGenerationId).catch(ifGone);
    if (answer === null || answer.log.terminal) return null;
    const messageId = echoedMessageId(answer.echo);
    if (messageId === null) return { answer, format: UI_STREAM };
    const { messages } = await this.read(ownerId, chatId, prefix);
    const earlier = messages.find(({ id }) => id === messageId);
    return { answer, format: new UiStreamFormat(earlier ? stepsAgain(earlier) : '') };
  }

  /** Null where nothing ran. Throws `generation_not_found` for a chat that is not there. */
  async stop(ownerId: string, chatId: string): Promise<CancelReceipt | null> {
    const chat = await this.chats.find(ownerId, chatId);
    const { activeGenerationId } = chat;
    if (activeGenerationId !== null)
      return this.generations.cancel(ownerId, activeGenerationId).catch(ifGone);
    if (chat.summary === null) throw new AppError('generation_not_found', 'Generation not found');
    return null;
  }
}

function assertThere({ summary, activeGenerationId }: ClientChat): void {
  if (summary !== null || activeGenerationId !== null) return;
  throw new AppError('conversation_not_found', 'Conversation not found');
}

/** It may end, and its turn come to nothing, between two looks. */
function ifGone(error: unknown): null {
  if (error instanceof AppError && error.reason === 'generation_not_found') return null;
  throw error;
}

/** The messages of a turn that is not in the conversation yet, where they will be. */
function placed(
  staged: StagedMessages,
  branch: readonly BranchMessage[],
  conversationId: string,
): BranchMessage[] {
  let parentId = branch.findLast(({ role }) => role !== 'system')?.id ?? conversationId;
  return staged.map((message) => {
    const placedMessage: BranchMessage = {
      ...message,
      parentId,
      siblings: [message.id],
      status: 'complete',
      model: null,
      finishReason: null,
      usage: null,
      generationId: null,
      seq: null,
    };
    // The system prompt of a new chat is not in the tree.
    if (message.role !== 'system') parentId = message.id;
    return placedMessage;
  });
}
