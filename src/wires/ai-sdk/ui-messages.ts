import { imagePath } from '../../common/http/image.dto.js';
import { toUsageDto } from '../../common/http/usage.dto.js';
import type { BranchMessage } from '../../domain/conversation.js';
import { piecesOf, type ToolCall } from '../../domain/parts.js';
import type { UiMessageDto } from './dto/ui-chat.dto.js';

type UiPart = UiMessageDto['parts'][number];

/** Where the messages stand, for what clients see of them. */
export interface UiPlace {
  conversationId: string;
  /** Of paths in them, as `forwardedPrefix` gives it. */
  prefix: string;
}

const iso = (time: number): string => new Date(time).toISOString();

/**
 * A branch as messages of the AI SDK: an answer and what it called, with the results and the answers that
 * went on from these, is one message. The system prompt is a setting, and what is being written is read as a
 * stream: neither is in them.
 */
export function toUiMessages(branch: readonly BranchMessage[], place: UiPlace): UiMessageDto[] {
  const messages: UiMessageDto[] = [];
  let before: BranchMessage | null = null;
  for (const message of branch) {
    const last = messages.at(-1);
    if (message.role === 'tool') addResult(last, message);
    else if (message.role === 'user') messages.push(userMessage(message, place));
    else if (message.role === 'assistant' && message.status !== 'streaming') {
      const metadata = answerMetadata(message, before, place);
      if (before?.role === 'tool' && last?.role === 'assistant') goOn(last, message, metadata);
      else messages.push(answerMessage(message, metadata));
    }
    before = message;
  }
  return messages;
}

function userMessage(message: BranchMessage, { conversationId, prefix }: UiPlace): UiMessageDto {
  const path = imagePath(conversationId, prefix);
  const files = (message.images ?? []).map(({ id, mediaType }) => ({
    type: 'file',
    mediaType,
    url: path + id,
  }));
  const text = message.content === '' ? [] : [{ type: 'text', text: message.content }];
  return {
    id: message.clientId ?? message.id,
    role: 'user',
    parts: [...files, ...text],
    metadata: { created_at: iso(message.createdAt), ...treeFields(message) },
  };
}

function answerMessage(message: BranchMessage, metadata: Record<string, unknown>): UiMessageDto {
  return {
    id: message.clientId ?? message.id,
    role: 'assistant',
    parts: stepOf(message),
    metadata: { ...metadata, ...treeFields(message) },
  };
}

/** As in the stream, what is said later of a message is laid over what was said before. */
function goOn(last: UiMessageDto, message: BranchMessage, metadata: Record<string, unknown>): void {
  last.parts.push(...stepOf(message));
  Object.assign(last.metadata, metadata);
}

/** The place in the tree by our ids: of an answer of several steps that of its first. */
function treeFields({ id, parentId, siblings }: BranchMessage) {
  return { message_id: id, parent_id: parentId, siblings: [...siblings] };
}

function answerMetadata(
  message: BranchMessage,
  before: BranchMessage | null,
  { conversationId }: UiPlace,
): Record<string, unknown> {
  const { generationId, model, finishReason, usage } = message;
  // The first answer to a message was asked for together with it, and so its stream says.
  const isFirst = before?.id === message.parentId && message.siblings[0] === message.id;
  const createdAt = isFirst ? before.createdAt : message.createdAt;
  return {
    conversation_id: conversationId,
    generation_id: generationId,
    model,
    created_at: iso(createdAt),
    ...(finishReason !== null && { finish_reason: finishReason, usage: toUsageDto(usage) }),
  };
}

function stepOf({ content, parts }: BranchMessage): UiPart[] {
  const pieces = piecesOf({ response: content, parts });
  return [
    { type: 'step-start' },
    ...pieces.map((piece): UiPart => {
      if (typeof piece === 'string') return { type: 'text', text: piece, state: 'done' };
      if ('thinking' in piece) return { type: 'reasoning', text: piece.thinking, state: 'done' };
      return toolPart(piece.toolCall);
    }),
  ];
}

function toolPart({ id, name, arguments: given, argumentsText }: ToolCall): UiPart {
  const input = given ?? argumentsText;
  return { type: `tool-${name}`, toolCallId: id, state: 'input-available', input };
}

function addResult(answer: UiMessageDto | undefined, { content, toolAnswer }: BranchMessage): void {
  const callId = toolAnswer?.callId;
  const part = answer?.parts.findLast(({ toolCallId }) => toolCallId === callId);
  if (!part || !toolAnswer) return;
  if (toolAnswer.isError) Object.assign(part, { state: 'output-error', errorText: content });
  else Object.assign(part, { state: 'output-available', output: outputOf(content) });
}

/** What a client sent as JSON is JSON again. */
function outputOf(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}
