import { ApiProperty } from '@nestjs/swagger';
import { ERROR_CODES, ERROR_REASONS } from '../../common/errors/error-codes.js';
import type { FinishReason, MessageRole, MessageStatus } from '../../domain/conversation.js';
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
  ErrorReason: describe(ERROR_REASONS, 'The cause, for a client to act on.'),
  FinishReason: describe<FinishReason>(
    ['stop', 'length', 'cancelled'],
    '`stop`: the model ended; `length`: at `max_tokens`; `cancelled`: it was stopped.',
  ),
  GenerationStatus: describe<GenerationStatus>(
    ['queued', 'running', 'completed', 'cancelled', 'failed'],
    '`queued` and `running` will change; the others are ends.',
  ),
  GenerationPhase: describe<GenerationPhase>(
    ['queued', 'loading', 'prompt', 'generating', 'ended'],
    'What the model is at; `loading` only where its server reports it.',
  ),
  MessageRole: describe<MessageRole>(['system', 'user', 'assistant'], 'Who speaks.'),
  MessageStatus: describe<MessageStatus>(
    ['complete', 'streaming', 'cancelled', 'failed'],
    '`streaming` while it is written; `cancelled` and `failed` keep the part there was.',
  ),
  OnDisconnect: describe<OnDisconnect>(
    ['cancel', 'grace', 'continue'],
    'What happens when the last reader of an answer leaves.',
  ),
  DependencyState: describe<'up' | 'down'>(
    ['up', 'down'],
    'As the last background check found it.',
  ),
};

/** A property whose values are one of the shared enumerations, by reference. */
export function ApiEnum(
  name: keyof typeof ENUMS,
  options: { nullable?: true; required?: false; example?: string } = {},
): PropertyDecorator {
  return ApiProperty({ enum: ENUMS[name].values, enumName: name, ...options });
}
