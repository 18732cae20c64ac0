import { Injectable } from '@nestjs/common';
import { AppError, isStoreUnavailable } from '../common/errors/app-error.js';
import type { UnclaimedGeneration } from '../domain/generation.js';
import type { NewImage } from '../domain/image.js';
import type { Answer } from '../generation/answer.js';
import { GenerationClaims, type Claim, type Claimant } from '../generation/generation-claims.js';
import { Audit } from '../observability/audit/audit.js';
import type { ModelCommand } from './chat-command.js';
import { TurnImages, type StagedImages } from './images/turn-images.js';
import { Titles } from './titles/titles.js';
import { TurnPlaces } from './turn-places.js';

type Claimed = Extract<Claim, { outcome: 'claimed' }>;

/** A claimed turn with its stored images. */
export interface ClaimedTurn extends Claimed {
  /** Releases it, and what was stored for it: the turn does not begin. */
  abandon(why: unknown): Promise<void>;
}

export type TurnClaim = Exclude<Claim, Claimed> | ClaimedTurn;

/** Claims generations, with the images of their turns. */
@Injectable()
export class TurnClaims {
  constructor(
    private readonly claims: GenerationClaims,
    private readonly images: TurnImages,
    private readonly titles: Titles,
    private readonly places: TurnPlaces,
    private readonly audit: Audit,
  ) {}

  /** The generation that the claimant's idempotency key stands for, if it was used before. */
  replayOf(claimant: Claimant): Promise<Answer | null> {
    return this.claims.replayOf(claimant);
  }

  /** Images that the claim leaves without a message are taken back. Throws `images_full`, too. */
  async claim(
    generation: UnclaimedGeneration,
    command: ModelCommand,
    images: readonly NewImage[],
  ): Promise<TurnClaim> {
    const { ownerId, conversationId, turn } = generation;
    const added = { ownerId, conversationId, messages: turn.messages };
    const staged = images.length > 0 ? await this.images.stage(added, images) : null;
    try {
      const claim = await this.claims.claim(generation, command);
      if (claim.outcome === 'claimed') {
        this.titles.follow(command, claim.live);
        claim.live.onConversationMade = () =>
          this.audit.done('conversation.create', conversationId, command.actor);
        if (command.isInCopy)
          claim.live.onNothingKept = () => this.places.discardCopy(command, conversationId);
        return await this.claimed(claim, staged);
      }
      await staged?.release();
      return claim;
    } catch (error) {
      if (isRefusal(error)) await staged?.release();
      throw error;
    }
  }

  private async claimed(claim: Claimed, staged: StagedImages | null): Promise<TurnClaim> {
    const abandon = async (why: unknown): Promise<void> => {
      if (await this.claims.abandon(claim.live, why)) await staged?.release();
    };
    if (!staged) return { abandon, ...claim };
    const { onNothingKept } = claim.live;
    claim.live.onNothingKept = async () => {
      await staged.release();
      await onNothingKept();
    };
    try {
      await staged.claimed();
      return { abandon, ...claim };
    } catch (error) {
      await abandon(error);
      throw error;
    }
  }
}

/**
 * Whether a failed claim is surely not in the store. If it may be, its message needs the images until
 * the claim is released, or ended for a process that died; the sweep removes them if no message comes
 * about.
 */
function isRefusal(error: unknown): boolean {
  return error instanceof AppError && !isStoreUnavailable(error);
}
