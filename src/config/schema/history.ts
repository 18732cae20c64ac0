import { byteSize, integer, oneOf, path, zeroIsNone } from '../parsers/scalars.js';
import { databaseUrl } from '../parsers/storage-url.js';
import { optional, variable, type ValuesOf } from '../variable.js';

export const history = {
  type: variable({
    name: 'HISTORY_STORAGE_TYPE',
    parser: oneOf({ memory: 'memory', file: 'file', database: 'database' }),
    default: 'memory',
    description:
      'Where conversations are stored: `memory` loses them at the end of the process, `file` ' +
      'stores one JSON file each, `database` stores them in the database of HISTORY_DB_URL.',
  }),
  folder: variable({
    name: 'HISTORY_FILE_PATH',
    parser: path('folder'),
    default: './data/conversations',
    description: 'Folder of the file storage; it is created if it does not exist.',
  }),
  database: variable({
    name: 'HISTORY_DB_URL',
    parser: databaseUrl,
    secret: true,
    inFile: 'File with the URL of HISTORY_DB_URL, instead of HISTORY_DB_URL.',
    default: 'sqlite:./data/chat.sqlite',
    unset: '`sqlite:./data/chat.sqlite` with the database storage',
    description:
      'URL of the database: sqlite:./data/chat.sqlite, postgresql://user:password@host:5432/name ' +
      '(sslmode is supported), mongodb:// or mongodb+srv://. It is refused with another storage, ' +
      'which would not use the database.',
  }),
  pool: variable({
    name: 'HISTORY_DB_POOL',
    parser: integer(1, 1000),
    default: '10',
    description:
      'Maximum of connections of one worker to PostgreSQL or MongoDB; at least two are used.',
  }),
  maxConversations: variable({
    name: 'HISTORY_MAX_CONVERSATIONS',
    parser: integer(0, 1_000_000_000),
    default: '1000',
    description:
      'Maximum of conversations per owner: above it, a new one removes the least recently ' +
      'updated one, pinned ones last. 0 means no limit.',
  }),
  retentionDays: variable({
    name: 'HISTORY_RETENTION_DAYS',
    parser: integer(0, 36_500),
    default: '0',
    description:
      'Conversations that were not updated for so many days are removed, at the start and every hour; ' +
      'never one that is being answered. 0 keeps all.',
  }),
  maxMessages: variable({
    name: 'MAX_CONVERSATION',
    parser: zeroIsNone(integer(2, 1_000_000_000)),
    default: '20000',
    description:
      'Maximum of messages per conversation, of all its branches: a turn that would exceed it is 409 ' +
      '`conversation_full`.',
  }),
  maxImageBytes: optional({
    name: 'IMAGE_MAX_BYTES',
    parser: byteSize({ min: 0, max: 1024 ** 5 }),
    unset: '1 GiB; 256 MiB with the memory storage',
    example: '4GiB',
    description:
      'Most bytes of stored images per owner, equal ones counted once: a message whose images do ' +
      'not fit beside them is 413 `images_full`.',
  }),
};

/** With data on a disk, and in the memory of the process. */
const MAX_IMAGE_BYTES = 1024 ** 3;
const MAX_IMAGE_BYTES_IN_MEMORY = 256 * 1024 ** 2;

/** Where conversations are stored. */
export type StorageTarget =
  | { readonly kind: 'memory' }
  | { readonly kind: 'file'; readonly folder: string }
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly pool: number }
  | { readonly kind: 'mongodb'; readonly url: string; readonly pool: number };

/** With one storage target instead of the variables that describe it. */
export function historySettings({
  type,
  folder,
  database,
  pool,
  maxImageBytes,
  ...rest
}: ValuesOf<typeof history>) {
  const most = type === 'memory' ? MAX_IMAGE_BYTES_IN_MEMORY : MAX_IMAGE_BYTES;
  return { ...rest, maxImageBytes: maxImageBytes ?? most, storage: storageTarget() };

  function storageTarget(): StorageTarget {
    if (type !== 'database') return type === 'memory' ? { kind: type } : { kind: type, folder };
    return database.kind === 'sqlite' ? database : { ...database, pool };
  }
}
