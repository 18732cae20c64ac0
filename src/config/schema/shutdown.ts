import { seconds } from '../parsers/scalars.js';
import { variable } from '../variable.js';

export const shutdown = {
  delayMs: variable({
    name: 'SHUTDOWN_DELAY',
    parser: seconds({ min: 0, max: 3600 }),
    default: '0',
    description:
      'Seconds between the signal to stop, when readiness becomes 503, and the refusal of new ' +
      'answers, so that a load balancer can react.',
  }),
  drainMs: variable({
    name: 'SHUTDOWN_DRAIN',
    parser: seconds({ min: 0, max: 86_400 }),
    default: '20',
    description: 'Seconds that running answers have to finish at a shutdown.',
  }),
};
