import type { Usage } from '../../domain/conversation.js';
import type { GenerationError, GenerationRecord } from '../../domain/generation.js';
import type { Piece, Written } from '../../domain/parts.js';
import type { Answer } from '../../generation/answer.js';
import type { DoneEvent, TerminalEvent } from '../../generation/events.js';
import { openAiFailure } from '../openai-errors.js';
import { conversationObjectId, responseId, type ItemPlace } from './items/item-ids.js';
import type { FunctionCallItem, ItemStatus, OutputItem } from './items/item-types.js';
import { outputItem, outputItems } from './items/output-items.js';
import { decodeEcho, type RepeatedFields, type ResponseEcho } from './response-echo.js';

/** What of a generation its response is made of, whoever reads it. */
export type ResponseFacts = Pick<
  Answer,
  'generationId' | 'conversationId' | 'messageId' | 'model' | 'createdAt' | 'echo'
>;

export type ResponseStatus =
  'queued' | 'in_progress' | 'completed' | 'incomplete' | 'cancelled' | 'failed';

/** An output item; the call of a function that came in a namespace says in which. */
export type ResponseItem = OutputItem | (FunctionCallItem & { namespace: string });

/** A response as OpenAI's clients read it. */
export interface ResponseObject extends RepeatedFields {
  id: string;
  object: 'response';
  /** Epoch seconds, as all times in it. */
  created_at: number;
  status: ResponseStatus;
  completed_at: number | null;
  conversation: { id: string } | null;
  error: { code: 'server_error'; message: string; reason: string } | null;
  incomplete_details: { reason: 'max_output_tokens' } | null;
  model: string;
  output: readonly ResponseItem[];
  usage: object | null;
}

/** How far a response is. */
export interface ResponseState {
  written: Written;
  /** Null: it has not ended. */
  end: TerminalEvent | null;
  /** Whether it still waits. */
  isQueued?: boolean;
  /** Epoch milliseconds; null while it runs. */
  finishedAt: number | null;
}

/** Makes what clients see of one response. */
export class ResponseView {
  readonly place: ItemPlace;
  private readonly echo: ResponseEcho;

  constructor(private readonly facts: ResponseFacts) {
    const { generationId, conversationId, messageId, echo } = facts;
    // Without a conversation there is no message: its items have the id of the generation.
    this.place = { messageId: messageId ?? generationId, conversationId };
    this.echo = decodeEcho(echo);
  }

  object({ written, end, isQueued = false, finishedAt }: ResponseState): ResponseObject {
    const { generationId, conversationId, model, createdAt } = this.facts;
    const status = statusOf(end, isQueued);
    return {
      id: responseId(generationId),
      object: 'response',
      created_at: secondsOf(createdAt),
      status,
      completed_at: status === 'completed' && finishedAt !== null ? secondsOf(finishedAt) : null,
      conversation: conversationId === null ? null : { id: conversationObjectId(conversationId) },
      error: end?.type === 'error' ? failureOf(end.error) : null,
      incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
      ...this.echo.repeated,
      model: this.echo.model ?? model,
      output: this.items(written, itemStatusAt(status)),
      usage: end?.type === 'done' ? usageOf(end.usage) : null,
    };
  }

  /** The nth item, of one part of the answer. */
  item(piece: Piece, n: number, status: ItemStatus): ResponseItem {
    return this.said(outputItem(piece, this.place, n, status));
  }

  private items(written: Written, status: ItemStatus): ResponseItem[] {
    return outputItems({ ...this.place, written, status }).map((item) => this.said(item));
  }

  /** A call comes whole: it is complete, however the answer ends. */
  private said(item: OutputItem): ResponseItem {
    if (item.type !== 'function_call') return item;
    const { namespaces } = this.echo;
    const call = { ...item, status: 'completed' as const };
    const namespace = Object.hasOwn(namespaces, item.name) ? namespaces[item.name] : undefined;
    return namespace === undefined ? call : { ...call, namespace };
  }
}

/** A whole answer as its clients read it. */
export function answeredResponse(answer: Answer, end: DoneEvent): ResponseObject {
  const written = answer.log.written(answer.thinkingMs());
  return new ResponseView(answer).object({ written, end, finishedAt: answer.finishedAt() });
}

/** The status of the last item of a response. */
export function itemStatusAt(status: ResponseStatus): ItemStatus {
  if (status === 'queued' || status === 'in_progress') return 'in_progress';
  return status === 'completed' ? 'completed' : 'incomplete';
}

/** The status of a response that ended so; null: it has not ended. */
export function statusOf(end: TerminalEvent | null, isQueued = false): ResponseStatus {
  if (end === null) return isQueued ? 'queued' : 'in_progress';
  if (end.type === 'error') return 'failed';
  switch (end.finishReason) {
    case 'stop':
    case 'tool_calls':
      return 'completed';
    case 'length':
      return 'incomplete';
    case 'cancelled':
      return 'cancelled';
  }
}

/** The same of a record of the store. */
export function recordedFacts(
  record: Pick<
    GenerationRecord,
    'id' | 'conversationId' | 'messageId' | 'model' | 'createdAt' | 'echo'
  >,
): ResponseFacts {
  const { id: generationId, conversationId, messageId, model, createdAt, echo } = record;
  return { generationId, conversationId, messageId, model, createdAt, echo };
}

function failureOf(error: GenerationError): ResponseObject['error'] {
  const { message, reason } = openAiFailure(error);
  return { code: 'server_error', message, reason };
}

/** Null unless the model counted both. Model servers do not say what they had read before, nor what was thought. */
function usageOf(usage: Usage | null): object | null {
  if (!usage || usage.promptTokens === null || usage.completionTokens === null) return null;
  const { promptTokens, completionTokens } = usage;
  return {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: completionTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: promptTokens + completionTokens,
  };
}

function secondsOf(time: number): number {
  return Math.floor(time / 1000);
}
