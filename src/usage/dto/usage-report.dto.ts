import { ApiProperty, ApiSchema } from '@nestjs/swagger';

const SCOPES = ['chat', 'read', 'admin'] as const;
type ScopeName = (typeof SCOPES)[number];

/** The key of the request. */
@ApiSchema({ name: 'UsageKey' })
export class UsageKeyDto {
  /** `default` on an installation without keys. */
  @ApiProperty({ type: String })
  name!: string;

  @ApiProperty({ type: String })
  owner!: string;

  @ApiProperty({ enum: SCOPES, enumName: 'Scope', isArray: true })
  scopes!: ScopeName[];

  /** Null: never. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expires_at!: string | null;
}

/** All items together. */
@ApiSchema({ name: 'UsageTotal' })
export class UsageTotalDto {
  @ApiProperty({ type: 'integer', minimum: 0 })
  generations!: number;

  @ApiProperty({ type: 'integer', minimum: 0 })
  prompt_tokens!: number;

  @ApiProperty({ type: 'integer', minimum: 0 })
  completion_tokens!: number;
}

/** What the answers of one model took for one key on a day. */
@ApiSchema({ name: 'UsageItem' })
export class UsageItemDto {
  /** The day of their ends, in UTC. */
  @ApiProperty({ type: String, format: 'date' })
  date!: string;

  @ApiProperty({ type: String })
  model!: string;

  /** Name of the key. */
  @ApiProperty({ type: String })
  key!: string;

  /** Only where `owner` was asked for. */
  @ApiProperty({ type: String, required: false })
  owner?: string;

  /** Answers; those that failed before their first token do not count. */
  @ApiProperty({ type: 'integer', minimum: 0 })
  generations!: number;

  @ApiProperty({ type: 'integer', minimum: 0 })
  completed!: number;

  @ApiProperty({ type: 'integer', minimum: 0 })
  cancelled!: number;

  @ApiProperty({ type: 'integer', minimum: 0 })
  failed!: number;

  @ApiProperty({ type: 'integer', minimum: 0 })
  prompt_tokens!: number;

  @ApiProperty({ type: 'integer', minimum: 0 })
  completion_tokens!: number;

  /** How many of these tokens were estimated, since the model did not count them. */
  @ApiProperty({ type: 'integer', minimum: 0 })
  estimated_tokens!: number;
}

/** Where the key stands with a quota. */
@ApiSchema({ name: 'TokenLimit' })
export class TokenLimitDto {
  @ApiProperty({ type: 'integer', minimum: 1 })
  limit!: number;

  /** Tokens of answers that ended in this window. */
  @ApiProperty({ type: 'integer', minimum: 0 })
  used!: number;

  /** What running answers may still take is not subtracted. */
  @ApiProperty({ type: 'integer', minimum: 0 })
  remaining!: number;

  /** The end of the window. */
  @ApiProperty({ type: String, format: 'date-time' })
  resets_at!: string;
}

/** The quotas of the key of the request; null: none. */
@ApiSchema({ name: 'UsageLimits' })
export class UsageLimitsDto {
  @ApiProperty({ type: () => TokenLimitDto, nullable: true })
  tokens_day!: TokenLimitDto | null;

  @ApiProperty({ type: () => TokenLimitDto, nullable: true })
  tokens_month!: TokenLimitDto | null;
}

/** What answers took. */
@ApiSchema({ name: 'UsageReport' })
export class UsageReportDto {
  @ApiProperty({ type: () => UsageKeyDto })
  key!: UsageKeyDto;

  @ApiProperty({ type: String, format: 'date' })
  from!: string;

  @ApiProperty({ type: String, format: 'date' })
  to!: string;

  @ApiProperty({ type: () => UsageTotalDto })
  total!: UsageTotalDto;

  /** By day, then model and key. */
  @ApiProperty({ type: () => UsageItemDto, isArray: true })
  items!: UsageItemDto[];

  @ApiProperty({ type: () => UsageLimitsDto })
  limits!: UsageLimitsDto;
}
