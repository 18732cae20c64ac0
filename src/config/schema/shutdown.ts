import { seconds } from '../parsers/scalars.js';
import { variable } from '../variable.js';

export const shutdown = {
  delayMs: variable({
    name: 'SHUTDOWN_DELAY',
    parser: seconds({ min: 0, max: 3600 }),
    default: '0',
    description:
      'Seconds between the signal to stop, when readiness turns 503, and the refusal of new ' +
      'answers: time for a load balancer to notice.',
  }),
  drainMs: variable({
    name: 'SHUTDOWN_DRAIN',
    parser: seconds({ min: 0, max: 86_400 }),
    default: '20',
    description: 'Seconds that running answers get to end at a shutdown.',
  }),
};
