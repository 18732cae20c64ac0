/** The load as a process of its own: does what the bench orders, and measures it. */
import { serve } from '../rig/serve.mjs';
import { aborts } from './aborts.mjs';
import { answers } from './answers.mjs';
import { hold, release } from './held.mjs';
import { steady } from './steady.mjs';

serve({ steady, answers, hold, release, aborts });
