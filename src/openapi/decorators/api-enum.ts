import { ApiProperty } from '@nestjs/swagger';
import { ERROR_CODES, ERROR_REASONS } from '../../common/errors/error-codes.js';
import {
  TITLE_SOURCES,
  type FinishReason,
  type MessageRole,
  type MessageStatus,
} from '../../domain/conversation.js';
import { TOOL_CHOICES } from '../../domain/model.js';
import { ANSWER_WARNINGS, TRUNCATIONS } from '../../domain/report.js';
import type { GenerationPhase, GenerationStatus, OnDisconnect } from '../../domain/generation.js';

/** An enumeration of the document: its values, and what they mean wherever it is used. */
interface DescribedEnum<T extends string> {
  values: readonly T[];
  description: string;
}

const describe = <T extends string>(
  values: readonly T[],
  description: string,
): DescribedEnum<T> => ({ values, description });

/** The enumerations that more than one place of the document refers to. */
export const ENUMS = {
  ErrorCode: describe(ERROR_CODES, 'The kind of failure; each has one status.'),
  ErrorReason: describe(ERROR_REASONS, 'The cause, for programs.'),
  FinishReason: describe<FinishReason>(
    ['stop', 'length', 'tool_calls', 'cancelled'],
    '`stop`: the model ended the answer; `length`: a limit of its length was reached; ' +
      '`tool_calls`: the model waits for the results of the tools that it called; ' +
      '`cancelled`: it was cancelled.',
  ),
  GenerationStatus: describe<GenerationStatus>(
    ['queued', 'running', 'completed', 'cancelled', 'failed'],
    '`queued` and `running` will change; the others are final.',
  ),
  GenerationPhase: describe<GenerationPhase>(
    ['queued', 'loading', 'prompt', 'thinking', 'generating', 'ended'],
    'What the model is doing; `loading` only if the model server reports it.',
  ),
  TitleSource: describe(
    TITLE_SOURCES,
    'What named the conversation: its first message, the model, or the user, whose title stays.',
  ),
  MessageRole: describe<MessageRole>(
    ['system', 'user', 'assistant', 'tool'],
    'The author of the message; `tool`: the result of a tool call.',
  ),
  ToolChoice: describe(TOOL_CHOICES, 'Whether the model may call tools.'),
  MessageStatus: describe<MessageStatus>(
    ['complete', 'streaming', 'cancelled', 'failed'],
    '`streaming` while it is being generated; `cancelled` and `failed` messages have the text so ' +
      'far.',
  ),
  AnswerWarning: describe(
    ANSWER_WARNINGS,
    '`thinking_used_all_tokens`: `max_tokens` ended the answer before its first word.',
  ),
  OnDisconnect: describe<OnDisconnect>(
    ['cancel', 'grace', 'continue'],
    'What happens when the last reader of an answer disconnects.',
  ),
  Truncation: describe(
    TRUNCATIONS,
    'What happens to earlier messages that do not fit: `auto` leaves the oldest out, `error` refuses ' +
      'the request.',
  ),
  DependencyState: describe<'up' | 'down'>(
    ['up', 'down'],
    'The result of the last background check.',
  ),
};

/** A property whose values are one of the shared enumerations, by reference. */
export function ApiEnum(
  name: keyof typeof ENUMS,
  options: { nullable?: true; required?: false; example?: string } = {},
): PropertyDecorator {
  return ApiProperty({ enum: ENUMS[name].values, enumName: name, ...options });
}
