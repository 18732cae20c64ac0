import { randomUUID } from 'node:crypto';
import { AppError, invalidField } from '../common/errors/app-error.js';
import type { Message } from '../domain/conversation.js';
import { toolCallsOf } from '../domain/parts.js';
import type { ToolResult } from './chat-command.js';
import type { SpokenMessage } from './prompt/turns.js';

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

/** A client gives the result of a call that nobody made. */
export class UnknownCall extends AppError {
  /** @param callId as the client gave it */
  constructor(readonly callId: string) {
    const field = 'tool_results';
    const message = 'must be of tool calls that were made before';
    super('validation', `Invalid request: ${field} ${message}`, { details: [{ field, message }] });
  }
}

/**
 * Throws `UnknownCall` unless each result among messages is that of a call before it, in these messages or in
 * their branch.
 *
 * @param branch what stands before them, in pages from its end upwards; read as far as calls are missing
 */
export async function assertCallsMade(
  given: readonly SpokenMessage[],
  branch: Iterable<readonly SpokenMessage[]> | AsyncIterable<readonly SpokenMessage[]>,
): Promise<void> {
  let missing = resultsWithoutCall(given);
  if (missing.length === 0) return;
  for await (const page of branch) {
    const made = new Set(page.flatMap(callIdsOf));
    missing = missing.filter((id) => !made.has(id));
    if (missing.length === 0) return;
  }
  const [first = ''] = missing;
  throw new UnknownCall(first);
}

function resultsWithoutCall(messages: readonly SpokenMessage[]): string[] {
  const made = new Set<string>();
  const missing: string[] = [];
  for (const message of messages) {
    for (const id of callIdsOf(message)) made.add(id);
    const { toolAnswer = null } = message;
    if (toolAnswer && !made.has(toolAnswer.callId)) missing.push(toolAnswer.callId);
  }
  return missing;
}

function callIdsOf({ parts = null }: Pick<SpokenMessage, 'parts'>): string[] {
  return (toolCallsOf(parts) ?? []).map(({ id }) => id);
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
    this.used = new Set(messages.flatMap(callIdsOf));
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
