import type { Tool } from '../../domain/model.js';
import type { Claim } from '../../generation/generation-claims.js';

export type ClaimedGeneration = Extract<Claim, { outcome: 'claimed' }>['live'];

/** A conversation that waits for a title by the model. */
export interface TitleJob {
  readonly ownerId: string;
  readonly conversationId: string;
  /** Its first whole answer, as far as is known. */
  readonly firstAnswerId: string;
  /** The newest whole answer: the prompt is the branch up to it, which the model server has in its cache. */
  readonly answerId: string;
  /** Of that answer, as its model was shown it. */
  readonly model: string;
  readonly defaultSystem: string | null;
  readonly tools: readonly Tool[];
  /** How often the model failed. */
  readonly failures: number;
}
