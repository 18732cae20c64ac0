import { randomUUID } from 'node:crypto';
import { FileStore } from '../../../src/store/file/file-store.js';
import { NO_TURN, type NewGeneration } from '../../../src/domain/generation.js';
import type { AppLogger } from '../../../src/observability/app-logger.js';

/**
 * Answers messages in the folder it is given until it is killed, several conversations at once, and
 * prints a line for each answer that it has been told is kept: conversation and number of turns.
 */
const silent = () => undefined;
const logger: AppLogger = {
  trace: silent,
  debug: silent,
  info: silent,
  warn: silent,
  error: silent,
  fatal: silent,
};
const store = new FileStore(process.argv[2] ?? '', logger, {
  times: { heartbeatMs: 20, staleMs: 1_000 },
});
await store.open();

/** Every third one begins another branch. */
function turn(conversationId: string, number: number): NewGeneration {
  const [key, question] = [randomUUID(), randomUUID()];
  const createdAt = Date.now();
  return {
    key,
    id: key,
    ownerId: 'default',
    stateless: false,
    isKept: false,
    conversationId,
    messageId: randomUUID(),
    answerParentId: question,
    model: 'llama2',
    createdAt,
    workerId: 'busy',
    onDisconnect: 'continue',
    turn: {
      ...NO_TURN,
      newConversation: number === 1 ? { title: 'Busy', createdAt, chatId: null } : null,
      parentId: number % 3 === 0 ? conversationId : null,
      messages: [
        {
          id: question,
          role: 'user',
          content: `question ${number}`,
          createdAt,
          clientId: null,
          parts: null,
          images: null,
          toolAnswer: null,
        },
      ],
    },
    idempotency: null,
    echo: null,
    startedAt: null,
    slots: [],
    tokens: { keyName: 'default', promptTokens: null, maxTokens: 0, quotas: null },
  };
}

async function talk(conversationId: string): Promise<never> {
  for (let number = 1; ; number++) {
    const generation = turn(conversationId, number);
    const { key, workerId } = generation;
    await store.generations.claim(generation);
    await store.generations.commitTurn(key, workerId, Date.now());
    await store.generations.append(workerId, [{ key, firstSeq: 1, tokens: ['answer', ' '] }]);
    const response = `answer ${number}`;
    await store.generations.finish(
      key,
      workerId,
      {
        status: 'completed',
        phase: 'generating',
        finishReason: 'stop',
        usage: null,
        response,
        parts: null,
        report: null,
        spent: null,
        seq: 3,
        error: null,
        finishedAt: Date.now(),
        upstreamClosed: true,
        commit: true,
        parentId: null,
      },
      { key, firstSeq: 3, tokens: [String(number)] },
    );
    process.stdout.write(`${conversationId} ${number}\n`);
  }
}

await Promise.all(['a', 'b', 'c'].map(talk));
