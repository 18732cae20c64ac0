import { Injectable } from '@nestjs/common';
import type { UnclaimedGeneration } from '../domain/generation.js';
import type { NewImage } from '../domain/image.js';
import type { Answer } from '../generation/answer.js';
import { GenerationClaims, type Claim, type Claimant } from '../generation/generation-claims.js';
import { TurnImages, type StagedImages } from './images/turn-images.js';

type Claimed = Extract<Claim, { outcome: 'claimed' }>;

/** A claimed turn with its stored images. */
export interface ClaimedTurn extends Claimed {
  /** Releases it, and what was stored for it: the turn does not begin. */
  abandon(why: unknown): Promise<void>;
  /** Takes back what was stored for a turn that fails before its first event: nothing of it is kept. */
  withdraw(): Promise<void>;
}

export type TurnClaim = Exclude<Claim, Claimed> | ClaimedTurn;

/** Claims generations, with the images of their turns. */
@Injectable()
export class TurnClaims {
  constructor(
    private readonly claims: GenerationClaims,
    private readonly images: TurnImages,
  ) {}

  /** The generation that the claimant's idempotency key stands for, if it was used before. */
  replayOf(claimant: Claimant): Promise<Answer | null> {
    return this.claims.replayOf(claimant);
  }

  /** Images that the claim leaves without a message are taken back. Throws `images_full`, too. */
  async claim(
    generation: UnclaimedGeneration,
    claimant: Claimant,
    images: readonly NewImage[],
  ): Promise<TurnClaim> {
    const staged = images.length > 0 ? await this.images.stage(generation, images) : null;
    try {
      const claim = await this.claims.claim(generation, claimant);
      if (claim.outcome === 'claimed') return await this.claimed(claim, staged);
      await staged?.release();
      return claim;
    } catch (error) {
      await staged?.release();
      throw error;
    }
  }

  private async claimed(claim: Claimed, staged: StagedImages | null): Promise<TurnClaim> {
    const abandon = async (why: unknown): Promise<void> => {
      await this.claims.abandon(claim.live, why);
      await staged?.release();
    };
    const withdraw = async (): Promise<void> => staged?.release();
    if (!staged) return { ...claim, abandon, withdraw };
    try {
      await staged.claimed();
      return { ...claim, abandon, withdraw };
    } catch (error) {
      await abandon(error);
      throw error;
    }
  }
}
