import { toReportFields, toToolCallDto } from '../common/http/answer.dto.js';
import { toUsageDto } from '../common/http/usage.dto.js';
import type { ToolCall } from '../domain/parts.js';
import { type DocumentSchema, schemaRef } from '../openapi/decorators/api-event-stream.js';
import type { PhaseState } from './phases.js';
import type { DoneEvent, ErrorEvent, GenerationIds } from './events.js';

/** The JSON object of an event: each of its described fields, and no other. */
type DataOf<Fields> = { [Name in keyof Fields]: unknown };

const TOKEN_FIELDS = {
  token: { type: 'string', description: 'Never cut inside a character.' },
} satisfies Record<string, DocumentSchema>;

const THINKING_FIELDS = {
  thinking: { type: 'string', description: 'Never mixed into the text.' },
} satisfies Record<string, DocumentSchema>;

const TOOL_CALL_FIELDS = {
  tool_call: schemaRef('ToolCall'),
} satisfies Record<string, DocumentSchema>;

const PHASE_FIELDS = {
  phase: schemaRef('GenerationPhase'),
} satisfies Record<string, DocumentSchema>;

const POSITION_FIELD = {
  position: {
    type: 'integer',
    minimum: 1,
    description: 'Only of `queued`: the place in the queue, 1 is next.',
  },
} satisfies Record<string, DocumentSchema>;

const DONE_FIELDS = {
  // Not `const`: generators make an enumeration of it, which does not compile for a boolean.
  done: { type: 'boolean', description: 'Always `true`.' },
  conversation_id: {
    type: ['string', 'null'],
    description: 'Null of an answer without a conversation, which a wire has asked for.',
  },
  generation_id: { type: 'string' },
  message_id: {
    type: ['string', 'null'],
    description: 'The answer, as a message of the conversation; null without one.',
  },
  parent_id: {
    type: ['string', 'null'],
    description: 'The message that it answers, its parent in the conversation.',
  },
  finish_reason: schemaRef('FinishReason'),
  usage: { anyOf: [schemaRef('Usage'), { type: 'null' }] },
  context: { anyOf: [schemaRef('ContextUse'), { type: 'null' }] },
  format_valid: { type: ['boolean', 'null'], description: 'As in `ChatResponse`.' },
  warnings: { type: ['array', 'null'], items: schemaRef('AnswerWarning') },
} satisfies Record<string, DocumentSchema>;

const ERROR_FIELDS = {
  error: { type: 'string', description: 'A sentence for a person.' },
  code: schemaRef('ErrorCode'),
  reason: schemaRef('ErrorReason'),
  conversation_id: {
    type: ['string', 'null'],
    description: 'Null if nothing of the turn was stored.',
  },
  generation_id: { type: 'string' },
} satisfies Record<string, DocumentSchema>;

export function tokenData(token: string): DataOf<typeof TOKEN_FIELDS> {
  return { token };
}

export function thinkingData(thinking: string): DataOf<typeof THINKING_FIELDS> {
  return { thinking };
}

export function toolCallData(call: ToolCall): DataOf<typeof TOOL_CALL_FIELDS> {
  return { tool_call: toToolCallDto(call) };
}

export function phaseData({
  phase,
  position,
}: PhaseState): DataOf<typeof PHASE_FIELDS> & Partial<DataOf<typeof POSITION_FIELD>> {
  return position === null ? { phase } : { phase, position };
}

export function doneData(event: DoneEvent, ids: GenerationIds): DataOf<typeof DONE_FIELDS> {
  return {
    done: true,
    conversation_id: ids.conversationId,
    generation_id: ids.generationId,
    message_id: ids.messageId,
    finish_reason: event.finishReason,
    usage: toUsageDto(event.usage),
    parent_id: ids.parentId,
    ...toReportFields(event.report),
  };
}

export function errorData(event: ErrorEvent, ids: GenerationIds): DataOf<typeof ERROR_FIELDS> {
  const { error, code, reason } = event.error;
  return {
    error,
    code,
    reason,
    conversation_id: event.committed ? ids.conversationId : null,
    generation_id: ids.generationId,
  };
}

/** Events as examples show them. */
export const EXAMPLE = {
  ids: {
    conversationId: 'a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8',
    generationId: '0b5f1f3e-9a43-4a9c-8f0e-7f3f6f0a1c55',
    messageId: '7b0e9a3c-5d1f-4f6e-8a55-2f1f0c9f4d21',
    parentId: '3f0c2f0e-3f0b-4a55-9d86-5ac7b6ad1f3e',
  },
  tokens: ['Quantum', ' computing'],
  thinking: 'The user asks for a definition.',
  toolCall: { id: 'call_b1f0c3', name: 'get_weather', arguments: { city: 'Vienna' } },
  done: {
    type: 'done',
    finishReason: 'stop',
    usage: { promptTokens: 12, completionTokens: 2 },
    report: {
      context: { window: 8192, messagesUsed: 1, messagesLeftOut: 0 },
      formatValid: null,
      warnings: null,
    },
  },
  error: {
    type: 'error',
    error: {
      error: 'The model was silent for too long',
      code: 'TIMEOUT',
      reason: 'model_silent',
    },
    committed: true,
  },
} as const;

const EVENTS = {
  TokenEvent: eventSchema(
    'A piece of the answer. The pieces in order are the text.',
    TOKEN_FIELDS,
    tokenData(EXAMPLE.tokens[0]),
  ),
  ThinkingEvent: eventSchema(
    'A piece of what the model thinks before it answers. No part of the text.',
    THINKING_FIELDS,
    thinkingData(EXAMPLE.thinking),
  ),
  ToolCallEvent: eventSchema(
    'A tool that the model calls, whole.',
    TOOL_CALL_FIELDS,
    toolCallData(EXAMPLE.toolCall),
  ),
  PhaseEvent: {
    ...eventSchema(
      'The phase that begins, for readers that ask for phases. No event: it has no number and is ' +
        'not replayed.',
      PHASE_FIELDS,
      phaseData({ phase: 'queued', position: 3 }),
    ),
    properties: { ...PHASE_FIELDS, ...POSITION_FIELD },
  },
  DoneEvent: eventSchema(
    'The last block of an answer that is complete or was cancelled. The history already has the ' +
      'answer.',
    DONE_FIELDS,
    doneData(EXAMPLE.done, EXAMPLE.ids),
  ),
  ErrorEvent: eventSchema(
    'The last block of an answer that failed. No `done` follows.',
    ERROR_FIELDS,
    errorData(EXAMPLE.error, EXAMPLE.ids),
  ),
};

/** The events, for `components.schemas`: each, and `StreamEvent`, which is any of them. */
export const EVENT_SCHEMAS: Record<string, DocumentSchema> = {
  ...EVENTS,
  StreamEvent: {
    description: 'The JSON of one event.',
    oneOf: Object.keys(EVENTS).map(schemaRef),
  },
};

function eventSchema<Fields extends Record<string, DocumentSchema>>(
  description: string,
  properties: Fields,
  example: DataOf<Fields>,
): DocumentSchema {
  return { type: 'object', description, required: Object.keys(properties), properties, example };
}
