import { randomUUID } from 'node:crypto';
import { invalidField } from '../common/errors/app-error.js';
import type { Message } from '../domain/conversation.js';
import { toolCallsOf } from '../domain/parts.js';
import type { ToolResult } from './chat-command.js';

/** Longer ids, which a server might give, are replaced. */
const LONGEST_ID = 200;

/** The answer whose tool calls are open: the last message of a branch, if it calls tools. */
export function callingAnswer(messages: readonly Message[]): Message | null {
  const last = messages.at(-1);
  return last && toolCallsOf(last.parts) ? last : null;
}

/** Throws `validation` unless each result is that of a call of the last answer. */
export function assertCalled(results: readonly ToolResult[], messages: readonly Message[]): void {
  const calls = toolCallsOf(callingAnswer(messages)?.parts ?? null) ?? [];
  const open = new Set(calls.map(({ id }) => id));
  const unknown = results.findIndex(({ callId }) => !open.has(callId));
  if (unknown === -1) return;
  throw invalidField({
    field: `tool_results[${String(unknown)}].tool_call_id`,
    message: 'is not that of a tool call of the last answer',
  });
}

/** Gives tool calls ids that are unique in their conversation: the server's own where they are. */
export class CallIds {
  private readonly used: Set<string>;

  /**
   * @param messages of the conversation
   * @param areAll whether it has no others; else the server's ids are not used
   */
  constructor(
    messages: readonly Partial<Pick<Message, 'parts'>>[],
    private readonly areAll: boolean,
  ) {
    const calls = messages.flatMap(({ parts }) => toolCallsOf(parts ?? null) ?? []);
    this.used = new Set(calls.map(({ id }) => id));
  }

  unique(given: string | null): string {
    const id = this.canUse(given) ? given : `call_${randomUUID().replaceAll('-', '')}`;
    this.used.add(id);
    return id;
  }

  private canUse(given: string | null): given is string {
    return (
      given !== null &&
      given !== '' &&
      given.length <= LONGEST_ID &&
      this.areAll &&
      !this.used.has(given)
    );
  }
}
