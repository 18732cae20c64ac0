import { byteSize, integer, seconds, zeroIsNone } from '../parsers/scalars.js';
import { optional, variable } from '../variable.js';

const DAY = 86_400;

export const generation = {
  timeoutMs: optional({
    name: 'GENERATION_TIMEOUT',
    parser: zeroIsNone(seconds({ min: 'positive' })),
    unset: 'no limit',
    example: '900',
    description: 'Longest duration of one answer, in seconds.',
  }),
  maxAnswerBytes: variable({
    name: 'MAX_ANSWER',
    parser: byteSize({ min: 1024, max: 64 * 1024 * 1024 }),
    default: '1MiB',
    description:
      'Longest answer, in bytes: there it ends with the finish_reason `length`, even if the model continues.',
  }),
  retentionMs: variable({
    name: 'GENERATION_RETENTION',
    parser: seconds({ min: 0, max: DAY }),
    default: '600',
    description: 'How long the stream of an ended answer can be replayed, in seconds.',
  }),
  disconnectGraceMs: variable({
    name: 'DISCONNECT_GRACE',
    parser: seconds({ min: 0, max: DAY }),
    default: '30',
    description:
      'How long an answer with `on_disconnect: grace` continues without a reader, in ' + 'seconds.',
  }),
  stallTimeoutMs: variable({
    name: 'STREAM_STALL_TIMEOUT',
    parser: seconds({ min: 'positive' }),
    default: '60',
    description:
      'A client that reads nothing of a stream for this time is disconnected, in seconds.',
  }),
  maxConcurrent: optional({
    name: 'MAX_CONCURRENT_GENERATIONS',
    parser: zeroIsNone(integer(1, 100_000)),
    unset: 'no limit',
    example: '4',
    description: 'Answers that one worker generates at once; further ones wait in a queue.',
  }),
  maxQueued: variable({
    name: 'MAX_QUEUED_GENERATIONS',
    parser: integer(0, 100_000),
    default: '100',
    description: 'Length of the queue of one worker; further requests are 503.',
  }),
};
