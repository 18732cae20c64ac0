import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import type { Request, Response } from 'express';
import { etagOf } from '../common/http/conversation.dto.js';
import { forwardedPrefix } from '../common/http/forwarded.js';
import type { Conversation, ConversationReading } from '../domain/conversation.js';
import { conversationJson, presentConversation } from './conversation-presenter.js';
import type { ConversationDto } from './dto/conversation.dto.js';

/** With its address. */
export function answerCreated(
  made: Conversation | ConversationReading,
  request: Request,
  response: Response,
): ConversationDto | StreamableFile {
  response.location(`${forwardedPrefix(request)}/api/history/${made.id}`);
  return answerOf(made, request, response);
}

/** With its tag, in one piece or as it is read. */
export function answerOf(
  found: Conversation | ConversationReading,
  request: Request,
  response: Response,
): ConversationDto | StreamableFile {
  response.setHeader('ETag', etagOf(found));
  const prefix = forwardedPrefix(request);
  if ('messages' in found) return presentConversation(found, prefix);
  // One piece ahead of the reader: a piece is some hundred kilobytes.
  const json = Readable.from(conversationJson(found, prefix), { highWaterMark: 1 });
  return new StreamableFile(json, { type: 'application/json; charset=utf-8' });
}
