import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { GenerationEntity } from './generation.entity.js';

/** A run of token events of one generation, as one row. */
@Entity({ name: 'generation_log', withoutRowid: true })
@ForeignKey(() => GenerationEntity, ['generationKey'], ['key'], {
  name: 'fk_generation_log_generation',
  onDelete: 'CASCADE',
})
export class LogBatchEntity {
  @PrimaryColumn({ name: 'generation_key', type: 'varchar', length: 36 })
  generationKey!: string;

  @PrimaryColumn({ name: 'first_seq', type: 'integer' })
  firstSeq!: number;

  @Column({ name: 'token_count', type: 'integer' })
  tokenCount!: number;

  /** The texts as a JSON array of strings. */
  @Column({ type: 'text' })
  tokens!: string;
}
