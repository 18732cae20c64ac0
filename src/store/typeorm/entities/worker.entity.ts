import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A worker that lives: its counter moves every few seconds. */
@Entity({ name: 'workers' })
export class WorkerEntity {
  @PrimaryColumn({ type: 'varchar' })
  id!: string;

  @Column({ type: 'integer' })
  beat!: number;
}
