import { Column } from 'typeorm';

/**
 * The turn of a generation before it is messages, in such a form that SQL alone can make it messages: a
 * system prompt and a question of text alone in plain columns, any other turn as JSON. Emptied once
 * the log's retention has ended.
 */
export class StagedTurnColumns {
  /** Set when the turn opens its conversation. */
  @Column({ name: 'new_title', type: 'text', nullable: true })
  newTitle!: string | null;

  @Column({ name: 'new_created_at', type: 'bigint', nullable: true })
  newCreatedAt!: number | null;

  @Column({ name: 'system_id', type: 'varchar', length: 36, nullable: true })
  systemId!: string | null;

  @Column({ name: 'system_content', type: 'text', nullable: true })
  systemContent!: string | null;

  @Column({ name: 'system_created_at', type: 'bigint', nullable: true })
  systemCreatedAt!: number | null;

  /** Null if an existing user message is answered again. */
  @Column({ name: 'user_id', type: 'varchar', length: 36, nullable: true })
  userId!: string | null;

  @Column({ name: 'user_content', type: 'text', nullable: true })
  userContent!: string | null;

  @Column({ name: 'user_created_at', type: 'bigint', nullable: true })
  userCreatedAt!: number | null;

  /** Only of a turn that a release without branches staged. */
  @Column({ name: 'replaces_id', type: 'varchar', length: 36, nullable: true })
  replacesId!: string | null;

  /** All messages of a turn that the columns above cannot hold: a JSON array of `StagedRow`. */
  @Column({ name: 'staged_messages', type: 'text', nullable: true })
  stagedMessages!: string | null;

  /** The message that the turn follows: as it was staged, and once it is messages as it was found. */
  @Column({ name: 'turn_parent_id', type: 'varchar', length: 100, nullable: true })
  turnParentId!: string | null;

  /** Of the new conversation. */
  @Column({ name: 'new_chat_id', type: 'varchar', length: 100, nullable: true })
  newChatId!: string | null;

  @Column({ name: 'first_title', type: 'text', nullable: true })
  firstTitle!: string | null;
}
