import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * What the answers of one model took for one key on a day of UTC: the sum over its shards, so that answers
 * that end at the same time need not change the same row.
 */
@Entity({ name: 'token_usage' })
export class TokenUsageEntity {
  @PrimaryColumn({ name: 'owner_id', type: 'varchar' })
  ownerId!: string;

  @PrimaryColumn({ name: 'key_name', type: 'varchar' })
  keyName!: string;

  @PrimaryColumn({ type: 'varchar', length: 10 })
  day!: string;

  @PrimaryColumn({ type: 'varchar' })
  model!: string;

  @PrimaryColumn({ type: 'varchar', length: 1 })
  shard!: string;

  @Column({ type: 'bigint' })
  generations!: number;

  @Column({ type: 'bigint' })
  completed!: number;

  @Column({ type: 'bigint' })
  cancelled!: number;

  @Column({ type: 'bigint' })
  failed!: number;

  @Column({ name: 'prompt_tokens', type: 'bigint' })
  promptTokens!: number;

  @Column({ name: 'completion_tokens', type: 'bigint' })
  completionTokens!: number;

  @Column({ name: 'estimated_tokens', type: 'bigint' })
  estimatedTokens!: number;
}
