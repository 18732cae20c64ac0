import type { GenerationRecord } from '../../../domain/generation.js';
import type { StagedPlace } from '../../generation-store.js';
import { activeIn } from '../conversations/active-generations.js';
import { decodeBeside } from '../../support/answer-json.js';
import type { Collections } from '../database/collections.js';
import { owned } from '../documents/conversation-documents.js';
import {
  isRunning,
  toRecord,
  turnOf,
  type DecidedEnd,
  type GenerationDocument,
} from '../documents/generation-document.js';
import { readLog } from './logs.js';

/** The generation that holds the public id, else the last one that held it. */
export async function recordById(
  collections: Collections,
  ownerId: string,
  id: string,
): Promise<GenerationRecord | null> {
  const { generations } = collections;
  const found =
    (await generations.findOne({ idLock: owned(ownerId, id) })) ??
    (await generations.findOne({ ownerId, id }, { sort: { createdAt: -1 } }));
  return found && completed(collections, found);
}

export async function recordByIdempotencyKey(
  collections: Collections,
  ownerId: string,
  key: string,
): Promise<GenerationRecord | null> {
  const found = await collections.generations.findOne({ idempotencyLock: owned(ownerId, key) });
  return found && completed(collections, found);
}

export async function activeInOne(
  collections: Collections,
  ownerId: string,
  conversationId: string,
): Promise<string | null> {
  const conversation = owned(ownerId, conversationId);
  return (await activeIn(collections, [conversation])).get(conversation) ?? null;
}

/** A turn that is not yet wholly in its conversation; null of any other. */
export async function stagedTurnOf(
  { generations }: Collections,
  key: string,
): Promise<StagedPlace | null> {
  const found = await generations.findOne(
    { _id: key, turnState: { $ne: 'kept' }, turn: { $ne: null } },
    { projection: { turn: 1 } },
  );
  return found && turnOf(found);
}

/** The records of these keys; running ones without their text. */
export async function recordsByKeys(
  collections: Collections,
  keys: readonly string[],
): Promise<GenerationRecord[]> {
  const found = await collections.generations
    .find({ _id: { $in: [...keys] } }, { projection: { turn: 0 } })
    .toArray();
  return Promise.all(
    found.map(async (document) =>
      isRunning(document) ? toRecord(document, []) : completed(collections, document),
    ),
  );
}

/** Those whose conversation was deleted after they had ended: their texts are removed. */
export async function deletedAmong(
  { generations }: Collections,
  keys: readonly string[],
): Promise<string[]> {
  const found = await generations
    .find({ _id: { $in: [...keys] } })
    .project<{ _id: string; conversationDeleted: boolean; end: Said | null }>({
      conversationDeleted: 1,
      'end.response': 1,
      'end.parts': 1,
    })
    .toArray();
  const left = new Set(
    found.flatMap(({ _id, conversationDeleted, end }) =>
      conversationDeleted && end?.response === '' && !end.parts ? [] : [_id],
    ),
  );
  return keys.filter((key) => !left.has(key));
}

/** A running one with the text of its log, a kept one without texts with those of its message. */
export async function completed(
  collections: Collections,
  document: GenerationDocument,
): Promise<GenerationRecord> {
  if (isRunning(document)) return toRecord(document, await readLog(collections, document._id, 0));
  const record = toRecord(document, []);
  if (document.swept !== 'bare' || record.response !== '' || record.parts !== null) return record;
  const { conversation, messageId: id } = document;
  const answer = await collections.messages.findOne(
    { conversation, id },
    { projection: { content: 1, parts: 1 } },
  );
  if (!answer) return record;
  return { ...record, response: answer.content, parts: decodeBeside(answer.parts).parts };
}

type Said = Pick<DecidedEnd, 'response' | 'parts'>;
