import type { HistoryCounts } from '../../store/idle-conversations.js';

/** Counts as a part of a sentence. */
export function told({ conversations, messages }: HistoryCounts): string {
  return `${plural(conversations, 'conversation')} with ${plural(messages, 'message')}`;
}

export function plural(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
