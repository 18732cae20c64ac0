import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import type { BranchMessage } from '../domain/conversation.js';
import type { GenerationRecord, StagedMessage } from '../domain/generation.js';
import { endedAnswer, type Answer } from '../generation/answer.js';
import { GenerationService } from '../generation/generation.service.js';
import { conversationBusy, generationNotFound } from '../store/conversation-errors.js';
import { ConversationStore } from '../store/conversation-store.js';
import { GenerationStore } from '../store/generation-store.js';
import { LiveTexts } from '../store/live-texts.js';

/** More messages than most turns have. */
const PAGE = 64;

/** A turn as its conversation has it. */
interface StoredTurn {
  answer: BranchMessage;
  /** What its client gave, nearest to the answer first. */
  given: BranchMessage[];
}

/**
 * How many messages of its turn a client gave, as its wire has noted it, without a system prompt;
 * `Infinity` where that is not known.
 */
export type CountGiven = (record: GenerationRecord) => number;

/** Turns in conversations, by the public ids of the generations that answer them. */
@Injectable()
export class KeptTurns {
  constructor(
    private readonly service: GenerationService,
    private readonly generations: GenerationStore,
    private readonly conversations: ConversationStore,
    private readonly liveTexts: LiveTexts,
  ) {}

  /** Throws `generation_not_found`, also for one without a conversation. */
  async find(ownerId: string, id: string): Promise<GenerationRecord> {
    const record = await this.service.find(ownerId, id);
    assertKept(record);
    return record;
  }

  /**
   * Its events. After their retention they are one for each part, but not for who needs the original ones.
   * Throws `generation_not_found`.
   */
  async answer(ownerId: string, id: string, needsOriginal: boolean): Promise<Answer> {
    const record = await this.find(ownerId, id);
    try {
      return await this.service.answer(ownerId, id);
    } catch (error) {
      if (needsOriginal || !isUnknown(error)) throw error;
      return endedAnswer(record, []);
    }
  }

  /** What the client gave in its turn, oldest first, staged or stored, and its record. Throws `generation_not_found`. */
  async given(
    ownerId: string,
    id: string,
    countOf: CountGiven,
  ): Promise<{ record: GenerationRecord; messages: readonly (BranchMessage | StagedMessage)[] }> {
    const record = await this.find(ownerId, id);
    const staged = record.committed ? null : await this.generations.stagedTurn(record.key);
    if (staged) return { record, messages: staged.messages };
    const turn = await this.turnOf(record, countOf(record));
    return { record, messages: turn?.given.toReversed() ?? [] };
  }

  /** Stops it and returns it after its end. Throws `generation_not_found`. */
  async cancel(ownerId: string, id: string): Promise<GenerationRecord> {
    const record = await this.generations.find(ownerId, id);
    if (record) assertKept(record);
    await this.service.cancel(ownerId, id);
    return this.find(ownerId, id);
  }

  /**
   * Stops it, and takes its turn out of the conversation: the answer, and what the client gave but for
   * what something else follows, too. A disposable conversation without messages goes: its id is returned, else
   * null. Throws `generation_not_found`, `conversation_busy`.
   */
  async remove(ownerId: string, id: string, countOf: CountGiven): Promise<string | null> {
    const running = await this.find(ownerId, id);
    if (running.finishedAt === null) await this.service.cancel(ownerId, id);
    const record = await this.find(ownerId, id);
    const left = record.committed ? await this.takeOut(record, countOf(record)) : null;
    await this.generations.erase(record.key);
    return left === 0 ? this.removeEmpty(record) : null;
  }

  private async takeOut(record: GenerationRecord, count: number): Promise<number | null> {
    const turn = await this.turnOf(record, count);
    if (!turn) return null;
    const { ownerId, conversationId } = record;
    const ids = [turn.answer, ...alone(turn)].map((message) => message.id);
    const result = await this.conversations.takeOut(ownerId, conversationId, ids);
    if (result.outcome === 'busy') throw conversationBusy(result.activeGenerationId);
    return result.outcome === 'taken_out' ? result.left : null;
  }

  /** Another turn may have begun there meanwhile: then it stays. */
  private async removeEmpty({ ownerId, conversationId }: GenerationRecord): Promise<string | null> {
    const summary = await this.conversations.summary(ownerId, conversationId);
    if (!summary?.disposable || summary.activeGenerationId !== null) return null;
    const { revision } = summary;
    const { outcome } = await this.conversations.delete(ownerId, conversationId, [revision]);
    if (outcome !== 'deleted') return null;
    this.liveTexts.conversationDeleted(ownerId, conversationId);
    return conversationId;
  }

  private async answerOf({
    ownerId,
    conversationId,
    messageId,
  }: GenerationRecord): Promise<BranchMessage | null> {
    const window = { limit: 1, branch: { upTo: messageId } };
    const found = await this.conversations.find(ownerId, conversationId, window);
    const last = found === null || found === 'message_not_found' ? null : found.messages.at(-1);
    return last?.id === messageId ? last : null;
  }

  /**
   * The messages right above the answer that were made with its generation, so many at most, and the system
   * prompt that was, too; null where it is no message. One of them may have been taken out: then what stands
   * there is of another time.
   */
  private async turnOf(record: GenerationRecord, count: number): Promise<StoredTurn | null> {
    const { ownerId, conversationId } = record;
    const answer = await this.answerOf(record);
    if (!answer) return null;
    const given: BranchMessage[] = [];
    for (let before = answer.id; ;) {
      const found = await this.conversations.find(ownerId, conversationId, { limit: PAGE, before });
      const page =
        found === null || found === 'message_not_found' ? [] : found.messages.toReversed();
      const other = page.findIndex(
        (message, index) =>
          !isGivenIn(record, message) ||
          (message.role !== 'system' && given.length + index >= count),
      );
      given.push(...(other === -1 ? page : page.slice(0, other)));
      const oldest = page.at(-1);
      if (other !== -1 || !oldest || page.length < PAGE) return { answer, given };
      before = oldest.id;
    }
  }
}

/** An answer that the client brought has no generation. All of a turn are made at one time. */
function isGivenIn({ createdAt }: GenerationRecord, message: BranchMessage): boolean {
  return message.createdAt === createdAt && message.generationId === null;
}

/** What only the answer follows, of what was given. */
function alone({ answer, given }: StoredTurn): BranchMessage[] {
  const branch = [answer, ...given];
  const shared = branch.findIndex(({ siblings }) => siblings.length > 1);
  return (shared === -1 ? given : given.slice(0, shared)).filter(({ role }) => role !== 'system');
}

/** Throws `generation_not_found` for one without a conversation. */
export function assertKept({ stateless, conversationDeleted }: GenerationRecord): void {
  if (stateless || conversationDeleted) throw generationNotFound();
}

function isUnknown(error: unknown): boolean {
  return error instanceof AppError && error.reason === 'generation_not_found';
}
