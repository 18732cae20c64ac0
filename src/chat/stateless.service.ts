import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError, isStoreUnavailable } from '../common/errors/app-error.js';
import type { ErrorReason } from '../common/errors/error-codes.js';
import { NO_TURN, type UnclaimedGeneration } from '../domain/generation.js';
import { GenerationClaims } from '../generation/generation-claims.js';
import { GenerationRunner } from '../generation/generation-runner.js';
import { AnswerSources, windowOf, type AnswerInput, type AskedModel } from './answer-sources.js';
import { formatOfCall, toldOfCall } from './call-rule.js';
import { assertCapable } from './capabilities.js';
import type { TurnAnswer } from './chat.service.js';
import { assertPermitted } from './permitted-model.js';
import { askedTurn } from './prompt/asked-turn.js';
import { toGivenTurns } from './prompt/given-turns.js';
import { withSystem } from './prompt/turns.js';
import type { GivenMessage, StatelessCommand } from './stateless-command.js';
import { CallIds } from './tool-calls.js';
import { TurnModels } from './turn-models.js';
import { TurnSettings } from './turn-settings.js';

/** What an answer without a conversation may be refused for, or fail with, for the documents of wires. */
export const STATELESS_REASONS: readonly ErrorReason[] = [
  'context_exceeded',
  'model_not_found',
  'generation_exists',
  'generation_not_found',
  'idempotency_mismatch',
  'streams_limit',
  'tokens_limit',
  'model_unavailable',
  'store_unavailable',
  'queue_full',
  'draining',
  'model_silent',
  'generation_timeout',
];

/** The room that a prompt has to leave for its answer, in tokens. */
export const LEAST_ANSWER_TOKENS = 64;

/** A command with what its model and the configuration add to it. */
interface Completed extends Omit<StatelessCommand, 'truncation'>, Omit<AskedModel, 'calls'> {
  model: string;
}

/** Answers messages that clients keep themselves: nothing of them enters the history. */
@Injectable()
export class StatelessService {
  constructor(
    private readonly claims: GenerationClaims,
    private readonly runner: GenerationRunner,
    private readonly models: TurnModels,
    private readonly sources: AnswerSources,
    private readonly settings: TurnSettings,
  ) {}

  /**
   * Begins the generation, or joins the existing one of its idempotency key. Throws `model_not_found` for
   * one that the client may not use, `validation`, `generation_exists`, `generation_not_found` for a key
   * whose answer is not kept any more, `idempotency_mismatch`, `streams_limit`, `tokens_limit`,
   * `draining` or `store_unavailable`; a later failure is recorded as the answer's end.
   */
  async begin(asked: StatelessCommand): Promise<TurnAnswer> {
    try {
      return await this.claimed(asked);
    } catch (error) {
      this.models.refused(asked);
      throw error;
    }
  }

  private async claimed(asked: StatelessCommand): Promise<TurnAnswer> {
    const earlier = await this.claims.replayOf(asked);
    if (earlier) return { answer: earlier, replayed: true, limits: [] };
    const command = await this.complete(asked);
    const lookUp = assertPermitted(command, this.models);
    if (lookUp) await lookUp;
    await assertCapable(
      { ...command, images: asked.images.size > 0 ? [...asked.images.values()] : null },
      this.models,
    );
    await this.sources.assertUsable(command.ask.format);
    const generation = await this.withEstimate(newGeneration(command), command);
    const claim = await this.claims.claim(generation, command);
    if (claim.outcome === 'replay') return { answer: claim.answer, replayed: true, limits: [] };
    const { live, limits } = claim;
    live.origin = { wire: command.wire, ...this.models.identify(command.model) };
    const answer = this.runner.start(live, this.sources.of(command, live, inputOf(command)));
    return { answer, replayed: false, limits };
  }

  /** What a call must be is a format for the model: it is shown no tools then. */
  private async complete(asked: StatelessCommand): Promise<Completed> {
    const { model, parameters, system, usualAnswer } = await this.settings.stateless(asked);
    const { calls, tools } = asked;
    const required = calls?.required ?? [];
    const messages = withSystem(asked.messages, system);
    const { truncation = 'error', contextTokens = null } = asked;
    const told: GivenMessage[] =
      required.length === 0 ? [] : [{ role: 'system', content: toldOfCall(required) }];
    // What is added comes first (docs/adr/0014-hidden-classes.md).
    return {
      parameters,
      // Messages are left out for the sake of an answer of the usual length.
      leastAnswer: truncation === 'auto' ? usualAnswer : LEAST_ANSWER_TOKENS,
      ask:
        required.length === 0
          ? { tools, format: asked.format }
          : { tools: [], format: formatOfCall(required) },
      truncation,
      contextTokens,
      ...asked,
      model,
      messages: [...told, ...messages],
    };
  }

  /** What counts against quotas before it is sent has to be known with the claim. */
  private async withEstimate(
    generation: UnclaimedGeneration,
    command: Completed,
  ): Promise<UnclaimedGeneration> {
    const { tokens, model } = generation;
    if (!tokens.quotas) return generation;
    try {
      const profile = await this.models.resolve(model);
      const contextTokens = windowOf(command, profile);
      const counter = this.sources.counter(profile.vocabulary, model, generation);
      const { messages } = await inputOf(command).prompt(
        { contextTokens, capabilities: null },
        counter.text,
      );
      const sent = counter.messages(messages) + counter.ask(command.ask).tokens;
      const promptTokens = Math.min(Math.ceil(sent), contextTokens);
      const maxTokens = Math.min(command.parameters.maxTokens, contextTokens);
      return { ...generation, tokens: { ...tokens, promptTokens, maxTokens } };
    } catch (error) {
      // What is wrong with its model is told when it is asked.
      if (!(error instanceof AppError) || isStoreUnavailable(error)) throw error;
      return generation;
    }
  }
}

/** Ids that nothing else has stand where another generation has its conversation. */
function newGeneration(command: Completed): UnclaimedGeneration {
  const key = randomUUID();
  const conversationId = randomUUID();
  return {
    key,
    id: command.generationId ?? key,
    ownerId: command.ownerId,
    stateless: true,
    isKept: false,
    conversationId,
    messageId: randomUUID(),
    answerParentId: conversationId,
    model: command.model,
    createdAt: Date.now(),
    onDisconnect: command.onDisconnect,
    turn: NO_TURN,
    idempotency: command.idempotency,
    echo: command.echo,
    tokens: {
      keyName: command.keyName,
      promptTokens: null,
      maxTokens: command.maxTokens ?? 0,
      quotas: command.quotas,
    },
  };
}

function inputOf({ messages, images }: Completed): AnswerInput {
  const readImage = (id: string) => Promise.resolve(readingOf(images.get(id)));
  const asked = askedTurn(messages);
  return {
    prompt: () =>
      Promise.resolve({ messages: toGivenTurns(messages), unread: 0, readImage, asked }),
    callIds: new CallIds(messages, true),
  };
}

function readingOf(image: ReturnType<StatelessCommand['images']['get']>) {
  if (!image) return null;
  const { mediaType, bytes } = image;
  return { mediaType, bytes, pieces: piecesOf(image.pieces()) };
}

async function* piecesOf(pieces: Iterable<Buffer>): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}
