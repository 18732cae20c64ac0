import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Post, Res, Sse, type MessageEvent } from '@nestjs/common';
import type { Response } from 'express';
import { Observable } from 'rxjs';
import { ChatDto } from './chat.dto.js';
import { ChatService } from './chat.service.js';

@Controller('api')
export class ChatController {
  constructor(private readonly chat: ChatService) {}

  @Get('health')
  health() {
    return { status: 'healthy' };
  }

  @Post('chat')
  @HttpCode(200)
  async send(@Body() dto: ChatDto, @Res({ passthrough: true }) response: Response) {
    const conversationId = dto.conversation_id ?? randomUUID();
    const answer = await this.chat.answer(dto, conversationId, leaving(response));
    return {
      conversation_id: conversationId,
      response: answer,
      timestamp: new Date().toISOString(),
    };
  }

  /** Server-sent events written by hand. */
  @Post('chat/stream')
  @HttpCode(200)
  async stream(@Body() dto: ChatDto, @Res() response: Response) {
    const conversationId = dto.conversation_id ?? randomUUID();
    response.setHeader('Content-Type', 'text/event-stream');
    response.setHeader('Cache-Control', 'no-cache');
    response.flushHeaders();
    try {
      for await (const token of this.chat.stream(dto, conversationId, leaving(response))) {
        response.write(`data: ${JSON.stringify({ token })}\n\n`);
      }
      response.write(
        `data: ${JSON.stringify({ done: true, conversation_id: conversationId })}\n\n`,
      );
    } catch {
      response.write(`data: ${JSON.stringify({ error: 'The model failed' })}\n\n`);
    }
    response.end();
  }

  /** The same with Nest's own server-sent events. */
  @Post('chat/sse')
  @Sse()
  events(@Body() dto: ChatDto): Observable<MessageEvent> {
    const conversationId = dto.conversation_id ?? randomUUID();
    return new Observable((subscriber) => {
      const left = new AbortController();
      const run = async () => {
        for await (const token of this.chat.stream(dto, conversationId, left.signal)) {
          subscriber.next({ data: { token } });
        }
        subscriber.next({ data: { done: true, conversation_id: conversationId } });
        subscriber.complete();
      };
      run().catch((error: unknown) => subscriber.error(error));
      return () => left.abort();
    });
  }
}

/** Aborts when the client goes away. */
function leaving(response: Response): AbortSignal {
  const left = new AbortController();
  response.on('close', () => left.abort());
  return left.signal;
}
