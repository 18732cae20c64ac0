import { Injectable } from '@nestjs/common';
import type { Answer } from '../generation/answer.js';
import type { Claimant } from '../generation/generation-claims.js';
import { GenerationRunner } from '../generation/generation-runner.js';
import type { UnclaimedGeneration } from '../domain/generation.js';
import type { NewImage } from '../domain/image.js';
import type { TokenLimit } from '../domain/token-limits.js';
import type { ChatCommand, ModelCommand } from './chat-command.js';
import { AnswerSources } from './answer-sources.js';
import { assertCapable } from './capabilities.js';
import { assertPermitted } from './permitted-model.js';
import { newGeneration } from './staged-turn.js';
import { TurnClaims } from './turn-claims.js';
import { TurnInputs } from './turn-inputs.js';
import { TurnModels } from './turn-models.js';

/** The answer to a turn, and whether it is a replay of an earlier one. */
export interface TurnAnswer {
  answer: Answer;
  replayed: boolean;
  /** Where its key stood when it was claimed; none where nothing is limited, and of a replay. */
  limits: readonly TokenLimit[];
}

/**
 * Runs a turn: claim what it needs, read the history, start the runner. It returns as soon as the
 * generation runs; readers follow the log.
 */
@Injectable()
export class ChatService {
  constructor(
    private readonly inputs: TurnInputs,
    private readonly claims: TurnClaims,
    private readonly runner: GenerationRunner,
    private readonly models: TurnModels,
    private readonly sources: AnswerSources,
  ) {}

  /**
   * Begins the turn, or joins the existing generation of its idempotency key, which is looked for before
   * anything that may have changed since it was first sent. Throws `conversation_not_found`,
   * `message_not_found`, `conversation_changed`, `model_not_found` for one that the
   * client may not use, `conversation_busy`, `conversation_full`, `generation_exists`,
   * `idempotency_mismatch`, `images_full`, `streams_limit`, `tokens_limit`, `draining` or
   * `store_unavailable`; a later failure is recorded as the answer's end.
   *
   * @param images those of the command, with their bytes
   */
  async beginTurn(asked: ChatCommand, images: readonly NewImage[] = []): Promise<TurnAnswer> {
    try {
      return await this.begin(asked, images);
    } catch (error) {
      this.models.refused(asked);
      throw error;
    }
  }

  /** The answer that the command's idempotency key stands for already; null where it stands for none. */
  replayOf(asked: Claimant): Promise<Answer | null> {
    return this.claims.replayOf(asked);
  }

  private async begin(asked: ChatCommand, images: readonly NewImage[]): Promise<TurnAnswer> {
    const earlier = await this.claims.replayOf(asked);
    if (earlier) return replayOf(earlier);
    const command = await this.inputs.complete(asked);
    const lookUp = assertPermitted(command, this.models);
    if (lookUp) await lookUp;
    const again = command.regenerate ? await this.inputs.answeredAgain(command) : null;
    await assertCapable(again ? { ...command, images: again.images } : command, this.models);
    await this.sources.assertUsable(command.ask.format);
    const generation = await this.withEstimate(newGeneration(command, again?.id ?? null), command);
    const claim = await this.claims.claim(generation, command, images);
    if (claim.outcome === 'replay') return replayOf(claim.answer);
    claim.live.origin = { wire: command.wire, ...this.models.identify(command.model) };
    try {
      const input = await this.inputs.of(command, claim);
      return {
        answer: this.runner.start(claim.live, this.sources.of(command, claim.live, input)),
        replayed: false,
        limits: claim.limits,
      };
    } catch (error) {
      await claim.abandon(error);
      throw error;
    }
  }

  /** What counts against quotas before it is sent has to be known with the claim. */
  private async withEstimate(
    generation: UnclaimedGeneration,
    command: ModelCommand,
  ): Promise<UnclaimedGeneration> {
    const { tokens, model } = generation;
    if (!tokens.quotas) return generation;
    let { maxTokens } = tokens;
    const promptTokens = await this.inputs.expectedTokens(command, generation, async () => {
      const profile = await this.models.resolve(model);
      maxTokens = Math.min(maxTokens, profile.contextTokens);
      return profile;
    });
    return { ...generation, tokens: { ...tokens, promptTokens, maxTokens } };
  }
}

function replayOf(answer: Answer): TurnAnswer {
  return { answer, replayed: true, limits: [] };
}
