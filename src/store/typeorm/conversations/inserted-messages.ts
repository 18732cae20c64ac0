import type { Message } from '../../../domain/conversation.js';
import type { MovedPlace } from '../../rules/moved-places.js';
import { encodeBeside } from '../../support/answer-json.js';
import type { Dialect } from '../database/dialect.js';

/** A message at its place, as `insertMessagesSql` reads it. */
export function insertedMessage(message: Message, place: MovedPlace) {
  const { usage } = message;
  return {
    seq: place.seq,
    parentId: place.parentId,
    depth: place.depth,
    id: message.id,
    clientId: message.clientId,
    role: message.role,
    content: message.content,
    createdAt: message.createdAt,
    status: message.status,
    model: message.model,
    finishReason: message.finishReason,
    promptTokens: usage?.promptTokens ?? null,
    completionTokens: usage?.completionTokens ?? null,
    generationId: message.generationId,
    parts: encodeBeside(message),
  };
}

/** Parameters: owner, conversation, an array of what `insertedMessage` gives. */
export const insertMessagesSql = (dialect: Dialect): string => {
  const text = (name: string) => `m.value ->> '${name}'`;
  const number = (name: string) => `CAST(${text(name)} AS integer)`;
  return `
    INSERT INTO messages (id, owner_id, conversation_id, seq, role, content, created_at, status, model,
      finish_reason, prompt_tokens, completion_tokens, generation_id, parts, parent_id, depth, client_id)
    SELECT ${text('id')}, CAST($1 AS varchar), CAST($2 AS varchar), ${number('seq')}, ${text('role')},
      ${text('content')}, CAST(${text('createdAt')} AS bigint), ${text('status')}, ${text('model')},
      ${text('finishReason')}, ${number('promptTokens')}, ${number('completionTokens')},
      ${text('generationId')}, ${text('parts')}, ${text('parentId')}, ${number('depth')},
      ${text('clientId')}
    FROM ${dialect.jsonElements('$3', 'm')}`;
};
