import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { announcedTurn } from '../../chat/announced-turn.js';
import type { AnswerWish } from '../../chat/chat-command.js';
import { ChatService, type TurnAnswer } from '../../chat/chat.service.js';
import { ClientChats } from '../../chat/client-chats.js';
import { AppError } from '../../common/errors/app-error.js';
import { AnswerResponder } from '../../generation/answer-responder.js';
import { GenerationService } from '../../generation/generation.service.js';
import { commandOf } from './ui-command.js';
import type { UiRequest } from './ui-request.js';
import { UiTurns } from './ui-turns.js';

/** Begins the answers that clients of the AI SDK ask for. */
@Injectable()
export class UiAnswers {
  constructor(
    private readonly chat: ChatService,
    private readonly chats: ClientChats,
    private readonly turns: UiTurns,
    private readonly generations: GenerationService,
    private readonly responder: AnswerResponder,
  ) {}

  /**
   * A running answer that nobody reads is cancelled first: a client that reloads or stops only closes its
   * connection. Throws as `ChatService.beginTurn` does.
   */
  begin(wish: AnswerWish, asked: UiRequest, response: Response): Promise<TurnAnswer> {
    return announcedTurn(response, this.responder, async () => {
      const earlier = await this.chat.replayOf(wish);
      return earlier ? { answer: earlier, replayed: true, limits: [] } : this.turn(wish, asked);
    });
  }

  private async turn(wish: AnswerWish, asked: UiRequest): Promise<TurnAnswer> {
    const active = await this.runningIn(wish.ownerId, asked.id);
    if (active !== null) await this.generations.stopUnread(wish.ownerId, active).catch(ifGone);
    try {
      return await this.beginIn(wish, asked);
    } catch (error) {
      // One that began meanwhile, or whose reader has left just now.
      const busy = error instanceof AppError ? error.activeGenerationId : undefined;
      if (busy === undefined || !(await this.generations.stopUnread(wish.ownerId, busy)))
        throw error;
      return this.beginIn(wish, asked);
    }
  }

  private async runningIn(ownerId: string, chatId: string): Promise<string | null> {
    return (await this.chats.find(ownerId, chatId)).activeGenerationId;
  }

  private async beginIn(wish: AnswerWish, asked: UiRequest): Promise<TurnAnswer> {
    const chat = await this.chats.find(wish.ownerId, asked.id);
    await this.chats.assertNotDeleted(wish.ownerId, chat);
    const turn = await this.turns.of(wish.ownerId, chat, asked);
    return this.chat.beginTurn(commandOf(wish, asked, chat, turn), [...turn.given.all.values()]);
  }
}

/** It has ended meanwhile. */
function ifGone(error: unknown): boolean {
  if (error instanceof AppError && error.reason === 'generation_not_found') return true;
  throw error;
}
