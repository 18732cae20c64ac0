import { randomUUID } from 'node:crypto';
import type { GenerationRecord } from '../../src/domain/generation.js';

/** The record of an answer that has ended well, for what only looks at its events. */
export function statelessRecord(fields: Partial<GenerationRecord> = {}): GenerationRecord {
  const key = randomUUID();
  return {
    key,
    id: key,
    ownerId: 'default',
    stateless: true,
    conversationId: randomUUID(),
    messageId: randomUUID(),
    answerParentId: null,
    model: 'llama2',
    status: 'completed',
    phase: 'generating',
    createdAt: 0,
    startedAt: 0,
    finishedAt: 1,
    response: '',
    parts: null,
    report: null,
    seq: 0,
    finishReason: 'stop',
    usage: null,
    error: null,
    upstreamClosed: true,
    onDisconnect: 'cancel',
    workerId: randomUUID(),
    idempotency: null,
    echo: null,
    conversationDeleted: false,
    committed: true,
    ...fields,
  };
}
