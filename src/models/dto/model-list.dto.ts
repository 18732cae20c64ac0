import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ModelParametersDto } from '../../common/http/model-parameters.dto.js';
import type { GivenParameters } from '../../domain/model-parameters.js';

/** What the operator set for a model. */
@ApiSchema({ name: 'ModelDefaults' })
export class ModelDefaultsDto {
  /** Told to the model where a conversation has no system prompt; null for none. */
  @ApiProperty({ type: String, nullable: true, example: 'Be brief.' })
  system!: string | null;

  /** Parameters for requests and conversations that do not set them; null for none. */
  @ApiProperty({ type: () => ModelParametersDto, nullable: true, example: { temperature: 0.2 } })
  parameters!: GivenParameters | null;
}

/** A model that a chat may use, with details for a selection list. */
@ApiSchema({ name: 'Model' })
export class ModelDto {
  /** Value for `model` in a chat request. */
  @ApiProperty({ type: String, example: 'llama2:latest' })
  name!: string;

  /** The model server that answers it. Later versions may have more. */
  @ApiProperty({ type: String, example: 'ollama' })
  provider!: string;

  /** When it was installed or last changed, ISO 8601 in UTC. */
  @ApiProperty({ type: String, format: 'date-time', example: '2025-09-01T10:00:00.000Z' })
  modified_at!: string;

  /** Size on disk, for people, in decimal units; null where its server does not say. */
  @ApiProperty({ type: String, nullable: true, example: '3.8GB' })
  size!: string | null;

  /** Null where the model does not say. */
  @ApiProperty({ type: String, nullable: true, example: 'llama' })
  family!: string | null;

  /** Number of parameters; null where the model does not say. */
  @ApiProperty({ type: String, nullable: true, example: '7B' })
  parameters!: string | null;

  /** Null where the model does not say. */
  @ApiProperty({ type: String, nullable: true, example: 'Q4_0' })
  quantization!: string | null;

  /** Longest context that it was trained for, in tokens; null if it is unknown. */
  @ApiProperty({ type: 'integer', nullable: true, minimum: 1, example: 4096 })
  context_length!: number | null;

  /**
   * Its capabilities, with Ollama's names; null if its server does not report them. Later versions
   * may have more names.
   */
  @ApiProperty({
    type: [String],
    nullable: true,
    example: ['completion', 'tools'],
  })
  capabilities!: string[] | null;

  /** What the operator set for it (`MODEL_DEFAULTS`); null for nothing. */
  @ApiProperty({ type: () => ModelDefaultsDto, nullable: true, example: null })
  defaults!: ModelDefaultsDto | null;
}

@ApiSchema({ name: 'ModelList' })
export class ModelListDto {
  @ApiProperty({ type: [ModelDto] })
  models!: ModelDto[];

  /**
   * The model of requests that name none; it may not be installed. Null where no default is set and
   * no server has a model.
   */
  @ApiProperty({ type: String, nullable: true, example: 'llama2' })
  default_model!: string | null;
}
