import { integer, oneOf, path, zeroIsNone } from '../parsers/scalars.js';
import { databaseUrl } from '../parsers/storage-url.js';
import { variable, type ValuesOf } from '../variable.js';

export const history = {
  type: variable({
    name: 'HISTORY_STORAGE_TYPE',
    parser: oneOf({ memory: 'memory', file: 'file', database: 'database' }),
    default: 'memory',
    description:
      'Where conversations live: `memory` forgets them at the end of the process, `file` keeps ' +
      'one JSON file each, `database` keeps them in the database of HISTORY_DB_URL.',
  }),
  folder: variable({
    name: 'HISTORY_FILE_PATH',
    parser: path('folder'),
    default: './data/conversations',
    description: 'Folder of the file storage; created if it is missing.',
  }),
  database: variable({
    name: 'HISTORY_DB_URL',
    parser: databaseUrl,
    secret: true,
    inFile: 'File with the URL of HISTORY_DB_URL, instead of HISTORY_DB_URL.',
    default: 'sqlite:./data/chat.sqlite',
    unset: '`sqlite:./data/chat.sqlite` with the database storage',
    description:
      'Database of the database storage: sqlite:./data/chat.sqlite, ' +
      'postgresql://user:password@host:5432/name (sslmode is honoured), mongodb:// or ' +
      'mongodb+srv://. Refused with another storage, since nothing would be kept there.',
  }),
  pool: variable({
    name: 'HISTORY_DB_POOL',
    parser: integer(1, 1000),
    default: '10',
    description: 'Most connections of one worker to PostgreSQL or MongoDB; at least two are used.',
  }),
  maxConversations: variable({
    name: 'HISTORY_MAX_CONVERSATIONS',
    parser: integer(0, 1_000_000_000),
    default: '1000',
    description:
      'Conversations kept for each owner: a new one beyond it removes the one that was updated ' +
      'longest ago. 0 keeps all.',
  }),
  maxMessages: variable({
    name: 'MAX_CONVERSATION',
    parser: zeroIsNone(integer(2, 1_000_000_000)),
    default: '20000',
    description:
      'Messages that one conversation may have: a turn that would go beyond is 409 ' +
      '`conversation_full`.',
  }),
};

/** Where conversations live. */
export type StorageTarget =
  | { readonly kind: 'memory' }
  | { readonly kind: 'file'; readonly folder: string }
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly pool: number }
  | { readonly kind: 'mongodb'; readonly url: string; readonly pool: number };

/** With one storage in the place of the variables that describe it. */
export function historySettings({
  type,
  folder,
  database,
  pool,
  ...rest
}: ValuesOf<typeof history>) {
  return { ...rest, storage: storageTarget() };

  function storageTarget(): StorageTarget {
    if (type !== 'database') return type === 'memory' ? { kind: type } : { kind: type, folder };
    return database.kind === 'sqlite' ? database : { ...database, pool };
  }
}
