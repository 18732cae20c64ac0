import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsOptional, ValidateBy } from 'class-validator';
import { JsonAsSent } from '../validation/json-as-sent.decorator.js';
import { OptionalInteger, OptionalNumber } from '../validation/number-range.decorator.js';
import { TextList } from '../validation/text-list.decorator.js';
import { THINK_LEVELS, type OutputFormat, type Think } from '../../domain/model.js';
import {
  isOutputFormat,
  isThink,
  PARAMETER_RANGES,
  STOP_LIMITS,
} from '../../domain/model-parameters.js';

/** Not `IsIn`: its values would become an enumeration of the document, without null. */
function IsThink(): PropertyDecorator {
  return ValidateBy({
    name: 'think',
    validator: {
      validate: isThink,
      defaultMessage: () => '$property must be true, false, low, medium or high',
    },
  });
}

function IsOutputFormat(): PropertyDecorator {
  return ValidateBy({
    name: 'outputFormat',
    validator: {
      validate: isOutputFormat,
      defaultMessage: () => '$property must be "json" or a JSON Schema object',
    },
  });
}

/** Parameters of the model. Default of each: the service's setting, or the model's own value. */
@ApiSchema({ name: 'ModelParameters' })
export class ModelParametersDto {
  /** Sampling temperature. Default: `MODEL_DEFAULT_TEMPERATURE`, 0.7 if unset. */
  @OptionalNumber({ ...PARAMETER_RANGES.temperature, example: 0.7 })
  temperature?: number;

  /** Longest answer in tokens, thinking included. Default: `MODEL_DEFAULT_MAX_TOKENS`, 1000 if unset. */
  @OptionalInteger({ ...PARAMETER_RANGES.max_tokens, example: 500 })
  max_tokens?: number;

  /** Nucleus sampling. Default: `MODEL_DEFAULT_TOP_P`, 1.0 if unset. */
  @OptionalNumber({ ...PARAMETER_RANGES.top_p, example: 0.9 })
  top_p?: number;

  /** Texts at which the answer ends; they are not part of it. */
  @ApiProperty({ required: false, nullable: true, example: ['\n\n'] })
  @IsOptional()
  @TextList(STOP_LIMITS)
  stop?: string[];

  /** The same seed gives the same answer to the same prompt. */
  @OptionalInteger({ ...PARAMETER_RANGES.seed, example: 42 })
  seed?: number;

  /** Only so many of the likeliest tokens are considered; 0: all. */
  @OptionalInteger({ ...PARAMETER_RANGES.top_k, example: 40 })
  top_k?: number;

  /** Only tokens that are at least so likely, measured against the likeliest. */
  @OptionalNumber({ ...PARAMETER_RANGES.min_p, example: 0.05 })
  min_p?: number;

  /** Makes tokens that were used lately less likely; 1: no penalty. */
  @OptionalNumber({ ...PARAMETER_RANGES.repeat_penalty, example: 1.1 })
  repeat_penalty?: number;

  /** Makes tokens that were used at all less likely. Not every model takes it. */
  @OptionalNumber({ ...PARAMETER_RANGES.presence_penalty, example: 0 })
  presence_penalty?: number;

  /** Makes tokens less likely the more often they were used. Not every model takes it. */
  @OptionalNumber({ ...PARAMETER_RANGES.frequency_penalty, example: 0 })
  frequency_penalty?: number;

  /**
   * Whether the model thinks before it answers, and how much. `false` is taken by every model; `true`
   * and the levels by models with the capability `thinking`. Left out: as the model does by itself.
   */
  @ApiProperty({
    required: false,
    anyOf: [{ type: 'boolean' }, { type: 'string', enum: [...THINK_LEVELS] }, { type: 'null' }],
    example: false,
  })
  @IsOptional()
  @IsThink()
  think?: Think;

  /**
   * The format of the answer: `"json"`, or a JSON Schema of draft 7 or 2020-12 (`$schema` says which;
   * 2020-12 where it does not), at most 16 KB and 50 levels deep. Unknown keywords and `format` are
   * ignored, and a `$ref` stays within the schema. The end says in `format_valid` whether the answer
   * has the format. Not beside `tools`, unless `tool_choice` is `none`.
   */
  // The document gets its rules from `finishSchemas`.
  @ApiProperty({ required: false, example: 'json' })
  @IsOptional()
  @IsOutputFormat()
  @JsonAsSent({ maxBytes: 16 * 1024, maxDepth: 50 })
  format?: OutputFormat;
}
