/** The load as a process of its own: runs the tasks of the bench, and measures them. */
import { serve } from '../rig/serve.mjs';
import { aborts } from './aborts.mjs';
import { answers } from './answers.mjs';
import { hold, release } from './held.mjs';
import { steady } from './steady.mjs';

serve({ steady, answers, hold, release, aborts });
