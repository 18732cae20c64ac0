import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An API key, as the digest of it. PostgreSQL gives a `bigint` as text. */
@Entity({ name: 'api_keys' })
@Index('ux_api_keys_digest', ['digest'], { unique: true })
@Index('ux_api_keys_live_name', ['liveName'], { unique: true })
export class ApiKeyEntity {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'varchar', length: 64 })
  digest!: string;

  @Column({ type: 'varchar', length: 64 })
  name!: string;

  /** The name in small letters; null once it is free for another key. */
  @Column({ name: 'live_name', type: 'varchar', length: 64, nullable: true })
  liveName!: string | null;

  @Column({ name: 'owner_id', type: 'varchar' })
  ownerId!: string;

  /** With commas between them. */
  @Column({ type: 'varchar', length: 64 })
  scopes!: string;

  /** As a JSON array. */
  @Column({ type: 'text', nullable: true })
  models!: string | null;

  @Column({ type: 'bigint', nullable: true })
  requests!: string | number | null;

  @Column({ type: 'bigint', nullable: true })
  streams!: string | number | null;

  @Column({ name: 'tokens_day', type: 'bigint', nullable: true })
  tokensDay!: string | number | null;

  @Column({ name: 'tokens_month', type: 'bigint', nullable: true })
  tokensMonth!: string | number | null;

  @Column({ type: 'varchar', length: 8 })
  hint!: string;

  @Column({ name: 'created_at', type: 'bigint' })
  createdAt!: string | number;

  @Column({ name: 'expires_at', type: 'bigint', nullable: true })
  expiresAt!: string | number | null;

  @Column({ name: 'last_used_at', type: 'bigint', nullable: true })
  lastUsedAt!: string | number | null;

  @Column({ name: 'revoked_at', type: 'bigint', nullable: true })
  revokedAt!: string | number | null;
}
