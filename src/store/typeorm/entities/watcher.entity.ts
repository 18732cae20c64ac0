import { Entity, PrimaryColumn } from 'typeorm';

/** A worker that has readers of a generation which another worker runs. */
@Entity({ name: 'generation_watchers' })
export class WatcherEntity {
  @PrimaryColumn({ name: 'generation_key', type: 'varchar', length: 36 })
  generationKey!: string;

  @PrimaryColumn({ name: 'worker_id', type: 'varchar' })
  workerId!: string;
}
