import { ApiProperty, ApiPropertyOptional, ApiSchema } from '@nestjs/swagger';
import { thinkingOf, toolCallsOf, type AnswerParts, type ToolCall } from '../../domain/parts.js';
import {
  ANSWER_WARNINGS,
  type AnswerReport,
  type AnswerWarning,
  type ContextUse,
} from '../../domain/report.js';
import type { DtoFields } from './dto-fields.js';

/** A tool that the model wants to be called. */
@ApiSchema({ name: 'ToolCall' })
export class ToolCallDto {
  /** Unique in the conversation. */
  @ApiProperty({ example: 'call_b1f0c3' })
  id!: string;

  @ApiProperty({ example: 'get_weather' })
  name!: string;

  /** Null where the model gave something else than a JSON object. */
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    example: { city: 'Vienna' },
  })
  arguments!: Readonly<Record<string, unknown>> | null;

  /** Only where `arguments` is null: what the model gave. */
  @ApiPropertyOptional({ example: 'Vienna' })
  arguments_text?: string;
}

/** What an answer has beside its text; each null where it has none. */
export class AnswerPartsDto {
  /** What the model thought before it answered. */
  @ApiProperty({ type: String, nullable: true, example: null })
  thinking!: string | null;

  /** How long it thought, in milliseconds. */
  @ApiProperty({ type: 'integer', minimum: 0, nullable: true, example: null })
  thinking_ms!: number | null;

  /** The tools that it calls, in order. */
  @ApiProperty({ type: () => [ToolCallDto], nullable: true, example: null })
  tool_calls!: ToolCallDto[] | null;
}

/** How much of the model's context window a turn used. */
@ApiSchema({ name: 'ContextUse' })
export class ContextUseDto {
  /** The context window that was asked for, in tokens. */
  @ApiProperty({ type: 'integer', minimum: 0, example: 8192 })
  window!: number;

  /** Messages that were sent, system prompt and new message included. */
  @ApiProperty({ type: 'integer', minimum: 0, example: 3 })
  messages_used!: number;

  /** Earlier messages that did not fit. */
  @ApiProperty({ type: 'integer', minimum: 0, example: 0 })
  messages_left_out!: number;
}

/** What is said of an answer; each null where there is nothing to say. */
export class AnswerReportDto extends AnswerPartsDto {
  @ApiProperty({ type: () => ContextUseDto, nullable: true })
  context!: ContextUseDto | null;

  /** Whether the text has the format that was asked for; null where none was, or it is not known. */
  @ApiProperty({ type: Boolean, nullable: true, example: null })
  format_valid!: boolean | null;

  @ApiProperty({
    enum: ANSWER_WARNINGS,
    enumName: 'AnswerWarning',
    isArray: true,
    nullable: true,
    example: null,
  })
  warnings!: AnswerWarning[] | null;
}

export function toPartsFields(parts: AnswerParts | null): DtoFields<AnswerPartsDto> {
  return {
    thinking: thinkingOf(parts),
    thinking_ms: parts?.thinkingMs ?? null,
    tool_calls: toolCallsOf(parts)?.map(toToolCallDto) ?? null,
  };
}

export function toToolCallDto(call: ToolCall): ToolCallDto {
  const { id, name, arguments: given, argumentsText: text } = call;
  return { id, name, arguments: given, ...(text !== undefined && { arguments_text: text }) };
}

export function toReportFields(
  report: AnswerReport | null,
): Omit<DtoFields<AnswerReportDto>, keyof AnswerPartsDto> {
  return {
    context: report?.context ? toContextDto(report.context) : null,
    format_valid: report?.formatValid ?? null,
    warnings: report?.warnings ? [...report.warnings] : null,
  };
}

function toContextDto({ window, messagesUsed, messagesLeftOut }: ContextUse): ContextUseDto {
  return { window, messages_used: messagesUsed, messages_left_out: messagesLeftOut };
}
