import type { GenerationPhase, GenerationRecord } from './generation.js';
import type { Piece } from './parts.js';

/** A worker's position in the log of a generation that another worker runs. */
export interface LogCursor {
  key: string;
  /** Number of the last token event it has. */
  after: number;
}

/** The events after a position. */
export interface LogUpdate {
  key: string;
  /** What the events `after + 1`, `after + 2`, … add. */
  tokens: Piece[];
  /** The phase that is stored: which tokens there are says more. */
  phase: GenerationPhase;
  /** Its record, once it has ended and `tokens` are its last. */
  ended: GenerationRecord | null;
}
