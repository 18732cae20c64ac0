import type { Collection, Db, Document } from 'mongodb';
import type { GrantLimits, Scope } from '../../../domain/access-grant.js';
import type { ChangeDocument } from '../documents/change-documents.js';
import type { ConversationDocument } from '../documents/conversation-documents.js';
import type { GenerationDocument } from '../documents/generation-document.js';
import type {
  ImageChangeDocument,
  ImageDocument,
  ImagePieceDocument,
  ImageUseDocument,
} from '../documents/image-documents.js';
import type { LogDocument } from '../documents/log-document.js';
import type { MessageDocument } from '../documents/message-document.js';
import type { QuotaGateDocument, UsageDocument } from '../documents/usage-documents.js';

/** A live worker: its counter increases every few seconds. */
export interface WorkerDocument {
  _id: string;
  beat: number;
}

/** What was learnt of how a model, whose full name is the id, counts tokens. */
export interface CalibrationDocument {
  _id: string;
  /** By kinds of writing. */
  factors: Record<string, number>;
}

/** What is noted of the store itself; the id is the fact's name. */
export interface FactDocument {
  _id: string;
  value: string;
}

/** An API key, as the digest of it; the id is its own. */
export interface KeyDocument {
  _id: string;
  digest: string;
  name: string;
  /** The name in small letters of a key that has it; else the key's id, which no name is taken for. */
  nameLock: string;
  ownerId: string;
  scopes: Scope[];
  models: string[] | null;
  limits: GrantLimits;
  hint: string;
  createdAt: number;
  expiresAt: number | null;
  lastUsedAt: number | null;
  revokedAt: number | null;
}

/** All collections of the store. */
export interface Collections {
  conversations: Collection<ConversationDocument>;
  messages: Collection<MessageDocument>;
  generations: Collection<GenerationDocument>;
  logs: Collection<LogDocument>;
  images: Collection<ImageDocument>;
  imagePieces: Collection<ImagePieceDocument>;
  imageUses: Collection<ImageUseDocument>;
  imageChanges: Collection<ImageChangeDocument>;
  changes: Collection<ChangeDocument>;
  workers: Collection<WorkerDocument>;
  calibrations: Collection<CalibrationDocument>;
  requestWindows: Collection<RequestWindowDocument>;
  facts: Collection<FactDocument>;
  keys: Collection<KeyDocument>;
  usage: Collection<UsageDocument>;
  quotaGates: Collection<QuotaGateDocument>;
}

export function collectionsOf(db: Db): Collections {
  return {
    conversations: db.collection('conversations'),
    messages: db.collection('messages'),
    generations: db.collection('generations'),
    logs: db.collection('generation_log'),
    images: db.collection('images'),
    imagePieces: db.collection('image_pieces'),
    imageUses: db.collection('image_uses'),
    imageChanges: db.collection('image_changes'),
    changes: db.collection('changes'),
    workers: db.collection('workers'),
    calibrations: db.collection('token_calibrations'),
    facts: db.collection('facts'),
    keys: db.collection('api_keys'),
    usage: db.collection('token_usage'),
    quotaGates: db.collection('quota_gates'),
    // Counting does not wait for a disk or for other members.
    requestWindows: db.collection('request_windows', { writeConcern: { w: 1, journal: false } }),
  };
}

/** One index: its fields in order, and whether their values are unique. */
type Index = { name: string; key: Record<string, 1 | -1>; unique?: boolean };

const INDEXES: Record<
  Exclude<
    keyof Collections,
    'workers' | 'calibrations' | 'requestWindows' | 'imageChanges' | 'facts' | 'quotaGates'
  >,
  Index[]
> = {
  conversations: [
    { name: 'recent', key: { ownerId: 1, deletedAt: 1, updatedAt: -1, id: 1 } },
    { name: 'deleted', key: { deletedAt: 1 } },
    ...(['updatedAt', 'createdAt'] as const).flatMap((time) =>
      ([-1, 1] as const).map((order) => ({
        name: `listed_${time}_${order === 1 ? 'asc' : 'desc'}`,
        key: { ownerId: 1, deletedAt: 1, archived: 1, [time]: order, id: 1 } as const,
      })),
    ),
    { name: 'pinned', key: { ownerId: 1, pinned: 1 } },
    { name: 'disposable', key: { ownerId: 1, disposable: 1 } },
    { name: 'tags', key: { ownerId: 1, tags: 1, updatedAt: -1, id: 1 } },
    { name: 'removal', key: { 'removal.token': 1 } },
    { name: 'pending', key: { 'pending.token': 1 } },
    { name: 'outbox', key: { 'outbox.at': 1 } },
  ],
  messages: [
    { name: 'order', key: { conversation: 1, seq: 1 } },
    { name: 'id', key: { conversation: 1, id: 1 } },
    { name: 'client_id', key: { conversation: 1, clientId: 1 } },
    // By this field alone: most messages have none, and such entries take some bytes each.
    { name: 'children', key: { parent: 1 } },
  ],
  generations: [
    { name: 'id_lock', key: { idLock: 1 }, unique: true },
    { name: 'conversation_lock', key: { conversationLock: 1 }, unique: true },
    { name: 'idempotency_lock', key: { idempotencyLock: 1 }, unique: true },
    { name: 'slot_lock', key: { slotLock: 1 }, unique: true },
    { name: 'public_id', key: { ownerId: 1, id: 1, createdAt: -1 } },
    { name: 'conversation', key: { conversation: 1 } },
    { name: 'running', key: { runningOn: 1 } },
    { name: 'finished', key: { swept: 1, finishedAt: 1 } },
  ],
  logs: [{ name: 'order', key: { generation: 1, lastSeq: 1 } }],
  images: [
    { name: 'owner', key: { ownerId: 1, bytes: 1 } },
    { name: 'removing', key: { removing: 1 } },
  ],
  imagePieces: [{ name: 'content', key: { content: 1 } }],
  imageUses: [
    { name: 'conversation', key: { conversation: 1, messageId: 1 } },
    { name: 'image', key: { image: 1 } },
    { name: 'open', key: { openSince: 1 } },
  ],
  changes: [
    { name: 'change_id', key: { id: 1 }, unique: true },
    { name: 'owner', key: { ownerId: 1, _id: 1 } },
  ],
  keys: [
    { name: 'digest', key: { digest: 1 }, unique: true },
    { name: 'name_lock', key: { nameLock: 1 }, unique: true },
  ],
  usage: [
    { name: 'key', key: { ownerId: 1, keyName: 1, day: 1 } },
    { name: 'day', key: { day: 1 } },
  ],
};

/**
 * Makes the indexes that are missing. They are plain ones: partial, sparse and expiring indexes do
 * not exist on every server that speaks MongoDB's protocol. Several nodes may do it at once.
 */
export async function createIndexes(collections: Collections): Promise<void> {
  await createAll(collections.conversations, INDEXES.conversations);
  await createAll(collections.messages, INDEXES.messages);
  await createAll(collections.generations, INDEXES.generations);
  await createAll(collections.logs, INDEXES.logs);
  await createAll(collections.images, INDEXES.images);
  await createAll(collections.imagePieces, INDEXES.imagePieces);
  await createAll(collections.imageUses, INDEXES.imageUses);
  await createAll(collections.changes, INDEXES.changes);
  await createAll(collections.keys, INDEXES.keys);
  await createAll(collections.usage, INDEXES.usage);
}

/** One after the other: FerretDB 1 fails on several of which some are there. */
async function createAll<T extends Document>(
  collection: Collection<T>,
  indexes: readonly Index[],
): Promise<void> {
  for (const index of indexes) await collection.createIndexes([index]);
}

/** Requests of a client in its current window, which ends by the server's clock. */
export interface RequestWindowDocument {
  /** The client. Its index is unique on every server, without being made. */
  _id: string;
  count: number;
  endsAt: number;
}
