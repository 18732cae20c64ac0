import { oneOf, path } from '../parsers/scalars.js';
import { optional, variable } from '../variable.js';

export const log = {
  level: variable({
    name: 'LOG_LEVEL',
    parser: oneOf({
      TRACE: 'trace',
      DEBUG: 'debug',
      INFO: 'info',
      WARN: 'warn',
      WARNING: 'warn',
      ERROR: 'error',
      FATAL: 'fatal',
      CRITICAL: 'fatal',
    }),
    default: 'INFO',
    description:
      'Lowest level that is logged. The text of messages and secrets are never logged, at any level.',
  }),
  file: optional({
    name: 'LOG_FILE',
    parser: path('file'),
    unset: 'console only',
    example: './logs/chat.log',
    description:
      'File for the log, in addition to the console; its folder is created. It can be rotated by ' +
      'moving or truncating it.',
  }),
  auditFile: optional({
    name: 'AUDIT_FILE',
    parser: path('file'),
    unset: 'the log, at INFO',
    example: './logs/audit.log',
    description:
      'File for acts that an auditor asks for (conversations made, renamed and deleted, keys made and ' +
      'revoked, refused keys), one JSON object per line, instead of the log; its folder is created. It ' +
      'can be rotated as LOG_FILE can.',
  }),
  format: variable({
    name: 'LOG_FORMAT',
    parser: oneOf({ structured: 'json', json: 'json', text: 'text' }),
    default: 'structured',
    description: '`structured` (or `json`): one JSON object per line; `text`: for people.',
  }),
};
