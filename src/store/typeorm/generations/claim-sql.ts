import { stateAtClaim, type NewGeneration } from '../../../domain/generation.js';
import type { Dialect } from '../database/dialect.js';
import type { SqlValue } from '../database/sql-database.js';
import { RECORD_COLUMNS } from './generation-record.js';
import { TURN_COLUMNS, turnValues } from './staged-columns.js';

/** Inserts a generation with its locks; writes nothing when one of them is taken. */
export function insertion(dialect: Dialect, wantsSlot: boolean): string {
  const [slot, from] = wantsSlot
    ? ['free.slot', freeSlot(dialect, '$35')]
    : ['NULL', '(SELECT 1 AS one) unlimited'];
  return `
    INSERT INTO generations (key, owner_id, public_id, conversation_id, message_id, answer_parent_id,
      model, worker_id, on_disconnect, created_at, idempotency_key, idempotency_fingerprint,
      ${TURN_COLUMNS}, status, phase, started_at, usage_key, prompt_estimate, max_tokens,
      stateless, echo, kept,
      id_lock, conversation_lock, idempotency_lock, slot_lock)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, CAST($10 AS bigint), $11, $12,
      $13, CAST($14 AS bigint), $15, $16, CAST($17 AS bigint),
      $18, $19, CAST($20 AS bigint), $21, $22, $23, $24, $25, $26, $27, CAST($28 AS bigint),
      $29, CAST($30 AS bigint), CAST($31 AS bigint), CAST($32 AS boolean), $33, CAST($34 AS boolean),
      $3, $4, $11, ${slot}
    FROM ${from} WHERE TRUE
    ON CONFLICT DO NOTHING
    RETURNING key`;
}

export function claimParameters(generation: NewGeneration): SqlValue[] {
  const { turn, idempotency } = generation;
  const { status, phase, startedAt } = stateAtClaim(generation);
  const parameters = [
    generation.key,
    generation.ownerId,
    generation.id,
    generation.conversationId,
    generation.messageId,
    generation.answerParentId,
    generation.model,
    generation.workerId,
    generation.onDisconnect,
    generation.createdAt,
    idempotency?.key ?? null,
    idempotency?.fingerprint ?? null,
    ...turnValues(turn),
    status,
    phase,
    startedAt,
    generation.tokens.keyName,
    generation.tokens.promptTokens,
    generation.tokens.maxTokens,
    generation.stateless,
    generation.echo,
    generation.isKept,
  ];
  return generation.slots.length > 0
    ? [...parameters, JSON.stringify(generation.slots)]
    : parameters;
}

/** FROM item `free`: the first of the slots in a JSON array that is free, as column `slot`. */
export function freeSlot(dialect: Dialect, parameter: string): string {
  const slot = dialect.jsonText('candidate.value');
  return `(
    SELECT ${slot} AS slot FROM ${dialect.jsonElements(parameter, 'candidate')}
    WHERE NOT EXISTS (SELECT 1 FROM generations WHERE slot_lock = ${slot})
    ORDER BY candidate.key LIMIT 1) free`;
}

/**
 * Finds the generations that hold the locks of a claim. Parameters: owner, public id, conversation,
 * idempotency key, key.
 */
export const HOLDERS = [
  'owner_id = $1 AND idempotency_lock = $4',
  'owner_id = $1 AND id_lock = $2',
  'owner_id = $1 AND conversation_lock = $3',
  'key = $5',
]
  .map(
    (condition) =>
      `SELECT ${RECORD_COLUMNS}, id_lock, conversation_lock, idempotency_lock
       FROM generations WHERE ${condition}`,
  )
  .join(' UNION ALL ');
