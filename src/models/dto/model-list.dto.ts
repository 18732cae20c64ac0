import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** A model that can be named in a chat, with what a chooser shows. */
@ApiSchema({ name: 'Model' })
export class ModelDto {
  /** To be given as `model`. */
  @ApiProperty({ type: String, example: 'llama2:latest' })
  name!: string;

  /** When it was installed or last changed, ISO 8601 in UTC. */
  @ApiProperty({ type: String, format: 'date-time', example: '2025-09-01T10:00:00.000Z' })
  modified_at!: string;

  /** Size on disk as people read it, in decimal units. */
  @ApiProperty({ type: String, example: '3.8GB' })
  size!: string;

  /** Null where the model does not say. */
  @ApiProperty({ type: String, nullable: true, example: 'llama' })
  family!: string | null;

  /** Number of parameters; null where the model does not say. */
  @ApiProperty({ type: String, nullable: true, example: '7B' })
  parameters!: string | null;

  /** Null where the model does not say. */
  @ApiProperty({ type: String, nullable: true, example: 'Q4_0' })
  quantization!: string | null;

  /** Longest context it was made for, in tokens; null where it does not say. */
  @ApiProperty({ type: 'integer', nullable: true, minimum: 1, example: 4096 })
  context_length!: number | null;

  /** What it can do, in Ollama's words; null where Ollama does not say. More words may come. */
  @ApiProperty({
    type: [String],
    nullable: true,
    example: ['completion', 'tools'],
  })
  capabilities!: string[] | null;
}

@ApiSchema({ name: 'ModelList' })
export class ModelListDto {
  @ApiProperty({ type: [ModelDto] })
  models!: ModelDto[];

  /** The model of requests that name none; it need not be installed. */
  @ApiProperty({ type: String, example: 'llama2' })
  default_model!: string;
}
