import type { ConfigType } from '@nestjs/config';
import type { Request } from 'express';
import { invalidField } from '../common/errors/app-error.js';
import { expectedRevisions } from '../common/http/entity-tags.js';
import { parsePreferences } from '../common/http/preferences.js';
import type { RequestContext } from '../common/http/request-context.js';
import { normalId } from '../common/validation/id.pipe.js';
import { onlyGiven } from '../common/validation/only-given.js';
import type { rateLimitConfig } from '../config/namespaces.js';
import type { ImageReference } from '../domain/conversation.js';
import type { Tool } from '../domain/model.js';
import type { Expected } from '../store/conversation-store.js';
import { askerOf, fingerprintOf, idempotencyKeyOf, streamSlots } from './asker.js';
import type { ChatCommand, ToolResult } from './chat-command.js';
import type { ChatRequestDto } from './dto/chat-request.dto.js';
import type { ToolDto, ToolResultDto } from './dto/tools.dto.js';

/** The HTTP side of a turn: its route and the headers that change what it means. */
export interface ChatRequestFacts {
  route: 'chat' | 'stream';
  idempotencyKey: string | null;
  /**
   * Whether the response may be a 202: how long the end is waited for before that, and whether the
   * 202 has no body.
   */
  respondAsync: { waitMs: number; minimal: boolean } | null;
  /** Revisions of the conversation, one of which it must have; null: any. */
  expected: Expected;
}

const MAX_WAIT_SECONDS = 600;

/** The facts from a request's headers. Throws `validation` for an invalid key or tag. */
export function chatRequestFacts(request: Request, route: 'chat' | 'stream'): ChatRequestFacts {
  return {
    route,
    idempotencyKey: idempotencyKeyOf(request),
    respondAsync: route === 'chat' ? respondAsync(request.get('Prefer')) : null,
    expected: expectedRevisions(request.get('If-Match')),
  };
}

/**
 * `respond-async`, and `wait` beside it or as its parameter, in seconds, of which at most ten
 * minutes count; `return=minimal` is for clients that parse the body of every response as a whole
 * answer. `wait` without `respond-async` has no effect: only clients that support a 202 get one.
 */
function respondAsync(prefer: string | undefined): ChatRequestFacts['respondAsync'] {
  if (prefer === undefined) return null;
  const preferences = parsePreferences(prefer);
  const asked = preferences.get('respond-async');
  if (!asked || asked.value !== '') return null;
  const wait = preferences.get('wait')?.value ?? asked.parameters.get('wait') ?? '';
  const seconds = /^\d+$/.test(wait) ? Math.min(Number(wait), MAX_WAIT_SECONDS) : 0;
  return {
    waitMs: seconds * 1000,
    minimal: preferences.get('return')?.value.toLowerCase() === 'minimal',
  };
}

/**
 * Combines body, headers and defaults into one command. Throws `validation` if fields contradict
 * each other.
 */
export function toCommand(
  body: ChatRequestDto,
  facts: ChatRequestFacts,
  context: RequestContext,
  rateLimit: ConfigType<typeof rateLimitConfig>,
  images: readonly ImageReference[] = [],
): ChatCommand {
  checkTogether(body, images.length > 0);
  if (facts.expected && body.conversation_id === undefined) {
    throw invalidField({ field: 'conversation_id', message: 'is required with If-Match' });
  }
  const toolResults = (body.tool_results ?? []).map(toToolResult);
  return {
    wire: 'chat',
    ...askerOf(context, rateLimit),
    message: body.message ?? (images.length > 0 ? '' : null),
    images:
      images.length === 0
        ? null
        : images.map(({ id, mediaType, bytes }) => ({ id, mediaType, bytes })),
    messageClientId: null,
    before: [],
    regenerate: body.regenerate ?? false,
    toolResults,
    model: body.model ?? null,
    conversationId: body.conversation_id === undefined ? null : normalId(body.conversation_id),
    echo: null,
    chat: null,
    parentId: body.parent_id === undefined ? null : normalId(body.parent_id),
    expected: facts.expected,
    system: body.system ?? null,
    generationId: body.generation_id === undefined ? null : normalId(body.generation_id),
    onDisconnect: onDisconnect(body, facts),
    truncation: body.truncation ?? 'auto',
    idempotency:
      facts.idempotencyKey === null ? null : idempotency(facts.idempotencyKey, facts, body, images),
    slots: facts.route === 'stream' ? streamSlots(context, rateLimit) : [],
    // What was not sent would hide what the conversation or the model sets.
    given: onlyGiven(body.parameters ?? {}),
    tools: offersTools(body) ? (body.tools ?? []).map(toTool) : [],
  };
}

function toToolResult(result: ToolResultDto): ToolResult {
  const { tool_call_id: callId, content, is_error: isError = false } = result;
  return { callId, content, isError };
}

function toTool({ function: { name, description, parameters } }: ToolDto): Tool {
  return { name, description: description ?? null, parameters: parameters ?? null };
}

/** Tools that the model is not to call are not shown to it. */
function offersTools({ tools = [], tool_choice: choice }: ChatRequestDto): boolean {
  return tools.length > 0 && choice !== 'none';
}

function checkTogether(body: ChatRequestDto, hasImages: boolean): void {
  const { message, regenerate, conversation_id: conversationId, system } = body;
  const { tool_results: results = [] } = body;
  if (regenerate) {
    if (message !== undefined) {
      throw invalidField({ field: 'message', message: 'must be left out with regenerate' });
    }
    if (hasImages)
      throw invalidField({ field: 'images', message: 'must be left out with regenerate' });
    if (results.length > 0) {
      throw invalidField({ field: 'tool_results', message: 'must be left out with regenerate' });
    }
    if (conversationId === undefined) {
      throw invalidField({ field: 'conversation_id', message: 'is required with regenerate' });
    }
  } else if (results.length > 0) {
    if (conversationId === undefined) {
      throw invalidField({ field: 'conversation_id', message: 'is required with tool_results' });
    }
    checkEachOnce(results);
  } else if ((message ?? '') === '' && !hasImages) {
    throw invalidField({
      field: 'message',
      message: 'is required: a string of 1 to 10000 characters',
    });
  }
  if (body.parameters?.format !== undefined && offersTools(body)) {
    throw invalidField({
      field: 'parameters.format',
      message: 'cannot be given with tools: a model that follows a format calls none',
    });
  }
  if (body.parent_id !== undefined && conversationId === undefined) {
    throw invalidField({ field: 'conversation_id', message: 'is required with parent_id' });
  }
  if (system !== undefined && conversationId !== undefined) {
    throw invalidField({
      field: 'system',
      message: 'can only be given to a new conversation; leave out conversation_id or system',
    });
  }
}

function checkEachOnce(results: ToolResultDto[]): void {
  const ids = results.map(({ tool_call_id: id }) => id);
  const repeated = ids.findIndex((id, index) => ids.indexOf(id) !== index);
  if (repeated === -1) return;
  throw invalidField({
    field: `tool_results[${String(repeated)}].tool_call_id`,
    message: 'is that of an earlier result in this list',
  });
}

function onDisconnect(body: ChatRequestDto, facts: ChatRequestFacts): ChatCommand['onDisconnect'] {
  if (facts.respondAsync) return 'continue';
  return body.on_disconnect ?? (facts.idempotencyKey === null ? 'cancel' : 'grace');
}

/**
 * Route and body as JSON values: the order of fields and white space do not matter. Images count by
 * their bytes, however they are written.
 */
function idempotency(
  key: string,
  facts: ChatRequestFacts,
  body: ChatRequestDto,
  images: readonly ImageReference[],
): { key: string; fingerprint: string } {
  const ids = images.length > 0 && { images: images.map(({ id }) => id) };
  const { images: _images, ...rest } = body;
  return { key, fingerprint: fingerprintOf(facts.route, { ...rest, ...ids }) };
}
