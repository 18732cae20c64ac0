import { seconds } from '../parsers/scalars.js';
import { variable } from '../variable.js';

const YEAR = 366 * 86_400;

export const changes = {
  retentionMs: variable({
    name: 'EVENTS_RETENTION',
    parser: seconds({ min: 0, max: YEAR }),
    default: '604800',
    description:
      'How long a reader of `GET /api/events` can come back and get what happened meanwhile, in ' +
      'seconds. 0: only what happens while it reads.',
  }),
};
