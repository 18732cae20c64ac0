import type { HistoryView } from '../../store/history-transfer.js';
import type { HistoryCounts } from '../../store/idle-conversations.js';
import { ownersOf, readMoved, summariesOf } from './moved-history.js';

/** How much a copy or a backup would take: without answers that are being written. */
export async function countHistory(view: HistoryView): Promise<HistoryCounts> {
  const counts = { conversations: 0, messages: 0 };
  for (const ownerId of await ownersOf(view))
    for await (const page of summariesOf(view, ownerId))
      for (const { id, activeGenerationId, messageTotal } of page) {
        const messages =
          activeGenerationId === null
            ? messageTotal
            : (await readMoved(view, ownerId, id))?.conversation.messageTotal;
        if (messages === undefined) continue;
        counts.conversations += 1;
        counts.messages += messages;
      }
  return counts;
}
