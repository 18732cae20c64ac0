import type { Message } from '../../domain/conversation.js';
import type { EndExtent, GenerationEnd } from '../../domain/generation.js';
import type { Written } from '../../domain/parts.js';
import { estimatedAnswer, spentTokens } from '../../domain/token-usage.js';
import { commitsTurn, workerLostEnd, type RunningState } from '../rules/end.js';
import { writtenIn } from '../rules/log.js';
import type { RecordedChange } from './change-run.js';
import { endOf, type GenerationRow } from './generation-row.js';
import type { LocalState } from './local-state.js';
import { turnEvent, withEnd, withTurn } from './conversation-change.js';
import {
  recordOf,
  type ConversationChange,
  type StoredConversation,
} from './stored-conversation.js';

/**
 * Commits staged turns as messages and ends generations. Call it inside the conversation's mutex.
 * The conversation is written before the row: after a crash in between, the row can be repaired
 * from the conversation, but not the other way round.
 */
export class TurnWriter {
  constructor(private readonly state: LocalState) {}

  /** Commits the turn; false if the conversation was deleted. */
  async commit(row: GenerationRow, now: number, parentId: string | null): Promise<boolean> {
    const { persistence, table } = this.state;
    if (!row.stateless) {
      const stored = await this.load(row);
      const change = withTurn(stored, row, now, parentId);
      if (!change) return false;
      await this.save(change, stored);
    }
    const fields = { committed: true, tokens: row.tokens };
    await persistence.saveGeneration({ ...(table.get(row.key) ?? row), ...fields });
    table.patch(row.key, fields);
    return true;
  }

  /** Records the end and releases the locks. */
  async end(row: GenerationRow, end: GenerationEnd): Promise<'ended' | 'deleted'> {
    if (row.stateless) return this.endRecord(row, end);
    const { persistence, table } = this.state;
    const isCommitted = row.committed || commits(row, end);
    const isKept = isCommitted && !row.conversationDeleted;
    const stored = isKept ? await this.load(row) : null;
    const turn = isKept ? withTurn(stored, row, end.finishedAt, end.parentId) : null;
    const change = turn && (await withEnd(turn, row, end));
    if (change) await this.save(change, stored);
    const deleted = row.conversationDeleted || (isCommitted && !change);
    const fields = endOf(end, row.committed || change !== null, deleted);
    await persistence.saveGeneration({ ...(table.get(row.key) ?? row), ...fields });
    this.state.ended(row.key, fields);
    return deleted ? 'deleted' : 'ended';
  }

  /** The same without a change of the conversation. */
  async endRecord(row: GenerationRow, end: GenerationEnd): Promise<'ended' | 'deleted'> {
    const { persistence, table } = this.state;
    const changes = await this.recordedEnd(row, end);
    const isCommitted = row.committed || (row.stateless && commits(row, end));
    const fields = endOf(end, isCommitted, row.conversationDeleted);
    await persistence.saveGeneration({ ...(table.get(row.key) ?? row), ...fields }, changes);
    this.state.ended(row.key, fields);
    return row.conversationDeleted ? 'deleted' : 'ended';
  }

  /** Ends a generation whose process died, with its stored text. */
  async endLost(row: GenerationRow, now: number, extent: EndExtent): Promise<void> {
    const stored = writtenIn(await this.state.persistence.readLog(row.key));
    const message = await this.answer(row);
    const end =
      message && message.status !== 'streaming'
        ? writtenEnd(row, message, stored, now)
        : workerLostEnd(runningState(row), stored, now);
    await (extent === 'turn' ? this.end(row, end) : this.endRecord(row, end));
  }

  /** The end for the feed, of a turn that is committed and whose end the conversation does not have. */
  private async recordedEnd(row: GenerationRow, end: GenerationEnd): Promise<RecordedChange[]> {
    const { ownerId, conversationId } = row;
    const entry = this.state.index.get(ownerId, conversationId);
    if (!entry || row.conversationDeleted) return [];
    // The record must end even if the conversation cannot be read.
    const isOpen = await this.answer(row).then(
      (message) => message?.status === 'streaming',
      () => row.committed,
    );
    if (!isOpen) return [];
    const heading = { ownerId, id: conversationId, revision: entry.revision };
    return [recordOf(heading, { time: end.finishedAt, event: turnEvent(row, end) })];
  }

  private async load(row: GenerationRow): Promise<StoredConversation | null> {
    const { index, persistence } = this.state;
    const known = index.get(row.ownerId, row.conversationId);
    return known ? persistence.loadConversation(row.ownerId, row.conversationId) : null;
  }

  private async answer(row: GenerationRow): Promise<Message | undefined> {
    const messages = (await this.load(row))?.messages;
    const place = messages?.placeOf(row.messageId) ?? -1;
    return place === -1 ? undefined : (await messages?.read([place]))?.[0];
  }

  /** Nothing is written if all was there already: by a try that failed later, or before a crash. */
  private async save(change: ConversationChange, stored: StoredConversation | null): Promise<void> {
    if (change.heading.revision !== stored?.heading.revision) await this.state.save(change);
  }
}

function commits({ stateless, turn: { messages } }: GenerationRow, end: GenerationEnd): boolean {
  return commitsTurn({ stateless, messages }, end);
}

/** The end in the conversation, if the process died before it wrote the row. */
function writtenEnd(
  row: GenerationRow,
  message: Message,
  log: Written & { seq: number },
  now: number,
): GenerationEnd {
  const { content: response, parts } = message;
  // A log with less text than the message cannot be replayed, because events are missing.
  const seq = log.response === response ? log.seq : log.seq + 1;
  const lost = workerLostEnd(runningState(row), { response, parts, seq }, now);
  if (message.status === 'failed') return lost;
  return {
    ...lost,
    spent: spentTokens(message.usage, {
      promptTokens: row.tokens.promptTokens ?? 0,
      completionTokens: estimatedAnswer({ response, parts }, seq),
    }),
    status: message.status === 'cancelled' ? 'cancelled' : 'completed',
    finishReason: message.finishReason,
    usage: message.usage,
    error: null,
  };
}

function runningState({ phase, tokens }: GenerationRow): RunningState {
  return { phase, promptTokens: tokens.promptTokens };
}
