import type { Answer } from '../../../generation/answer.js';
import type { EventEncoder, StreamFormat } from '../../../generation/stream-format.js';
import { ResponseView } from '../response-object.js';
import { EventBlocks } from './event-blocks.js';
import { ResponseEncoder } from './response-encoder.js';

/** Before the first event of all, whose number is 0. */
const NOTHING_READ = -1;

/**
 * The events of a response. Its numbers are not those of the log: a piece is one or several events, so a
 * reader always begins at the log's first, and what it has is left out here.
 */
export class ResponseStreamFormat implements StreamFormat {
  readonly headers = {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache, no-transform',
    'X-Accel-Buffering': 'no',
  };
  readonly keepAlive = ':keep-alive\n\n';

  /** @param startingAfter the sequence number of the reader's last event; null: it has none */
  constructor(private readonly startingAfter: number | null = null) {}

  opening(answer: Answer): string {
    const written = { response: '', parts: null };
    const response = new ResponseView(answer).object({ written, end: null, finishedAt: null });
    const blocks = new EventBlocks(0, this.after);
    blocks.add('response.created', { response });
    blocks.add('response.in_progress', { response });
    return blocks.text;
  }

  encoder(answer: Answer): EventEncoder {
    return new ResponseEncoder(answer, this.after);
  }

  /** Its clients do not know of phases. */
  phase(): string {
    return '';
  }

  private get after(): number {
    return this.startingAfter ?? NOTHING_READ;
  }
}

/** For readers from the beginning, who share what is encoded. */
export const RESPONSE_STREAM = new ResponseStreamFormat();
