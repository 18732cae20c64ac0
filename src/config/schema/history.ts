import { integer, oneOf, path, zeroIsNone } from '../parsers/scalars.js';
import { databaseUrl } from '../parsers/storage-url.js';
import { optional, variable } from '../variable.js';

export const history = {
  storageType: variable({
    name: 'HISTORY_STORAGE_TYPE',
    parser: oneOf({ memory: 'memory', file: 'file', database: 'database' }),
    default: 'memory',
    description:
      'Where conversations live: `memory` forgets them at the end of the process, `file` keeps ' +
      'one JSON file each, `database` keeps them in the database of HISTORY_DB_URL.',
  }),
  filePath: variable({
    name: 'HISTORY_FILE_PATH',
    parser: path('folder'),
    default: './data/conversations',
    description: 'Folder of the file storage; created if it is missing.',
  }),
  dbUrl: optional({
    name: 'HISTORY_DB_URL',
    parser: databaseUrl,
    secret: true,
    unset: '`sqlite:./data/chat.sqlite` with the database storage',
    description:
      'Database of the database storage: sqlite:./data/chat.sqlite, ' +
      'postgresql://user:password@host:5432/name (sslmode is honoured), mongodb:// or ' +
      'mongodb+srv://. Refused with another storage, since nothing would be kept there.',
  }),
  dbUrlFile: optional({
    name: 'HISTORY_DB_URL_FILE',
    parser: path('file'),
    readsFileFor: 'HISTORY_DB_URL',
    example: '/run/secrets/history_db_url',
    description: 'File with the URL of HISTORY_DB_URL, instead of HISTORY_DB_URL.',
  }),
  dbPool: variable({
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
