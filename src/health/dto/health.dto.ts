import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** The service runs. */
@ApiSchema({ name: 'Health' })
export class HealthDto {
  @ApiProperty({ type: String, enum: ['healthy'] })
  status!: 'healthy';

  /**
   * Now, ISO 8601 in UTC.
   * @example "2025-09-06T03:30:00.000Z"
   */
  @ApiProperty({ type: String, format: 'date-time' })
  timestamp!: string;
}

/** The process answers. */
@ApiSchema({ name: 'Liveness' })
export class LivenessDto {
  @ApiProperty({ type: String, enum: ['alive'] })
  status!: 'alive';
}
