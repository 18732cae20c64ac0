import { ConversationEntity } from './conversation.entity.js';
import { GenerationEntity } from './generation.entity.js';
import { LogBatchEntity } from './log-batch.entity.js';
import { MessageEntity } from './message.entity.js';
import { WatcherEntity } from './watcher.entity.js';
import { WorkerEntity } from './worker.entity.js';

/** Every table of the store, for the data sources of both dialects. */
export const ENTITIES = [
  ConversationEntity,
  MessageEntity,
  GenerationEntity,
  LogBatchEntity,
  WatcherEntity,
  WorkerEntity,
];

export {
  ConversationEntity,
  GenerationEntity,
  LogBatchEntity,
  MessageEntity,
  WatcherEntity,
  WorkerEntity,
};
