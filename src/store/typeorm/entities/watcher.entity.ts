import { Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { GenerationEntity } from './generation.entity.js';

/** A worker that has readers of a generation which another worker runs. */
@Entity({ name: 'generation_watchers' })
@ForeignKey(() => GenerationEntity, ['generationKey'], ['key'], {
  name: 'fk_generation_watchers_generation',
  onDelete: 'CASCADE',
})
export class WatcherEntity {
  @PrimaryColumn({ name: 'generation_key', type: 'varchar', length: 36 })
  generationKey!: string;

  @PrimaryColumn({ name: 'worker_id', type: 'varchar' })
  workerId!: string;
}
