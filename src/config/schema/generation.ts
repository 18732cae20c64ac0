import { byteSize, integer, seconds, zeroIsNone } from '../parsers/scalars.js';
import { optional, variable } from '../variable.js';

const DAY = 86_400;

export const generation = {
  timeoutMs: optional({
    name: 'GENERATION_TIMEOUT',
    parser: zeroIsNone(seconds({ min: 'positive' })),
    unset: 'no limit',
    example: '900',
    description: 'Longest time that one answer may take as a whole, in seconds.',
  }),
  maxAnswerBytes: variable({
    name: 'MAX_ANSWER',
    parser: byteSize({ min: 1024, max: 64 * 1024 * 1024 }),
    default: '1MiB',
    description: 'Longest answer, in bytes: it ends there with `length`, whatever the model does.',
  }),
  retentionMs: variable({
    name: 'GENERATION_RETENTION',
    parser: seconds({ min: 0, max: DAY }),
    default: '600',
    description: 'How long the stream of a finished answer can be replayed, in seconds.',
  }),
  disconnectGraceMs: variable({
    name: 'DISCONNECT_GRACE',
    parser: seconds({ min: 0, max: DAY }),
    default: '30',
    description:
      'How long an answer asked for with `on_disconnect: grace` goes on without a reader, in ' +
      'seconds.',
  }),
  stallTimeoutMs: variable({
    name: 'STREAM_STALL_TIMEOUT',
    parser: seconds({ min: 'positive' }),
    default: '60',
    description: 'A reader of a stream that takes nothing for so many seconds is dropped.',
  }),
  maxConcurrent: optional({
    name: 'MAX_CONCURRENT_GENERATIONS',
    parser: zeroIsNone(integer(1, 100_000)),
    unset: 'no limit',
    example: '4',
    description: 'Answers generated at once by one worker; further ones wait in a queue.',
  }),
  maxQueued: variable({
    name: 'MAX_QUEUED_GENERATIONS',
    parser: integer(0, 100_000),
    default: '100',
    description: 'Longest queue of one worker; further requests are 503.',
  }),
};
