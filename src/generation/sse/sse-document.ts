import { schemaRef, type StreamDocument } from '../../openapi/decorators/api-event-stream.js';
import { EVENT_SCHEMAS, EXAMPLE } from '../event-json.js';
import { SSE, SseEncoder } from './sse-format.js';

const plain = new SseEncoder(EXAMPLE.ids, false);
const numbered = new SseEncoder(EXAMPLE.ids, true);

const [first, second] = EXAMPLE.tokens;

const NUMBERED = {
  summary: 'The same with event numbers',
  value: numbered.piece(first, 1) + numbered.piece(second, 2) + numbered.end(EXAMPLE.done, 3),
};
const FAILURE = {
  summary: 'An answer that failed',
  value: plain.piece(first, 1) + plain.end(EXAMPLE.error, 2),
};

/** What the API's document says of a stream whose events are numbered. */
export const NUMBERED_SSE_DOCUMENT: StreamDocument = {
  contentType: 'text/event-stream',
  body: 'EventStream',
  schemas: {
    ...EVENT_SCHEMAS,
    EventStream: {
      type: 'string',
      description:
        'Server-sent events: blocks of `data: <StreamEvent as JSON>`, each ended by a blank ' +
        'line. After a pause there may be comments (`:keep-alive`) between them. The nth `data` ' +
        'block is event n.',
      contentMediaType: 'text/event-stream',
      contentSchema: schemaRef('StreamEvent'),
    },
  },
  examples: { numbered: NUMBERED, failure: FAILURE },
};

/** The same of a stream that is numbered on request. */
export const SSE_DOCUMENT: StreamDocument = {
  ...NUMBERED_SSE_DOCUMENT,
  examples: {
    answer: {
      summary: 'An answer of two tokens',
      value:
        plain.piece(first, 1) +
        plain.piece(second, 2) +
        (SSE.keepAlive ?? '') +
        plain.end(EXAMPLE.done, 3),
    },
    numbered: NUMBERED,
    failure: FAILURE,
  },
};
