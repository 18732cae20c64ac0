import {
  contentOf,
  StoreNotEmptyError,
  type HistoryContent,
  type HistoryWriter,
} from '../../../store/history-transfer.js';
import type { HistoryCounts } from '../../../store/idle-conversations.js';
import { CommandError } from '../../command-error.js';
import type { DurableStore } from '../copy.js';
import { BackupReader, DiscardedConversation } from './backup-reader.js';

/** Fills an empty store from a backup: with all of it, or not at all. */
export async function restoreHistory(store: DurableStore, file: string): Promise<HistoryCounts> {
  const reader = new BackupReader(file);
  try {
    return await store.transfer.filling((writer) => fill(writer, reader));
  } catch (error) {
    throw error instanceof StoreNotEmptyError
      ? notEmpty(error.content)
      : await reader.explain(error);
  }
}

/** Fails where `restoreHistory` would be refused. */
export async function assertEmpty(store: DurableStore): Promise<void> {
  if ((await store.transfer.fact('restoring')) !== null) return;
  const content = await contentOf(store);
  if (content) throw notEmpty(content);
}

function notEmpty(content: HistoryContent): CommandError {
  return new CommandError(`The store has ${content}; a backup is restored into an empty one`);
}

async function fill(writer: HistoryWriter, reader: BackupReader): Promise<HistoryCounts> {
  const counts = { conversations: 0, messages: 0 };
  const calibrations = await reader.calibrations();
  const usage = await reader.usage();
  const keys = await reader.keys();
  for await (const { conversation, messages } of reader.conversations()) {
    try {
      await writer.put(conversation, messages);
    } catch (error) {
      if (!(error instanceof DiscardedConversation)) throw error;
      continue;
    }
    counts.conversations += 1;
    counts.messages += conversation.messageTotal;
  }
  // The file is whole: what belongs to no conversation is not taken back where conversations are.
  await writer.usage.replaceAll(usage);
  if (keys) await writer.keys.replaceAll(keys);
  await writer.calibrations.save(calibrations);
  return counts;
}
