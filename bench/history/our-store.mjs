import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { OWNER } from './conversations.mjs';

/**
 * @typedef {import('../../src/store/store.js').Store} Store
 * @typedef {import('../../src/store/typeorm/database/create-database.js').SqlTarget} SqlTarget
 */

const WORKER = 'bench';

/** @type {import('../../src/observability/app-logger.js').AppLogger} */
const QUIET = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: (message, fields) => console.warn(message, fields ?? ''),
  error: (message, fields) => console.error(message, fields ?? ''),
  fatal: (message, fields) => console.error(message, fields ?? ''),
};

/**
 * Our store as the service has it, opened and migrated.
 *
 * @param {string} build folder of a build
 * @param {SqlTarget} target
 * @returns {Promise<Store>}
 */
export async function openStore(build, target) {
  const file = join(build, 'src/store/typeorm/typeorm-store.js');
  /** @type {typeof import('../../src/store/typeorm/typeorm-store.js')} */
  const { TypeOrmStore } = await import(pathToFileURL(file).href);
  const store = new TypeOrmStore(target, QUIET);
  await store.open();
  return store;
}

/**
 * Everything that the store does for one more message and its answer, as the runner asks it.
 *
 * @param {Store} store
 * @param {string} conversationId
 * @param {{ question: string, answer: string }} turn
 */
export async function wholeTurn({ generations }, conversationId, { question, answer }) {
  const now = Date.now();
  const key = randomUUID();
  await generations.claim({
    key,
    id: key,
    ownerId: OWNER,
    stateless: false,
    conversationId,
    messageId: randomUUID(),
    answerParentId: '',
    model: 'llama2',
    createdAt: now,
    startedAt: now,
    workerId: WORKER,
    onDisconnect: 'cancel',
    turn: {
      newConversation: null,
      firstTitle: null,
      parentId: null,
      ...questionTurn(question, now),
      replacesMessageId: null,
    },
    idempotency: null,
    echo: null,
    slots: [`bench:1`, `bench:2`],
    tokens: { keyName: OWNER, promptTokens: null, maxTokens: 1000, quotas: null },
  });
  // Builds up to 0.1.0 call it `keepTurn`.
  const commit = Reflect.get(generations, 'commitTurn') ?? Reflect.get(generations, 'keepTurn');
  await commit.call(generations, key, WORKER, now);
  const tail = { key, firstSeq: 1, tokens: tokensOf(answer) };
  await generations.finish(key, WORKER, ended(answer, tail.tokens.length, now), tail);
}

/** @param {string} answer */
export function tokensOf(answer) {
  return answer.split(/(?= )/);
}

/** @param {string} response @param {number} seq @param {number} finishedAt @returns {import('../../src/domain/generation.js').GenerationEnd} */
function ended(response, seq, finishedAt) {
  return {
    status: 'completed',
    phase: 'ended',
    finishReason: 'stop',
    usage: { promptTokens: 26, completionTokens: 64 },
    response,
    parts: null,
    report: null,
    spent: { promptTokens: 26, completionTokens: 64, estimatedTokens: 0 },
    seq,
    error: null,
    finishedAt,
    upstreamClosed: true,
    commit: true,
    parentId: null,
    // What builds up to 0.1.0 call it.
    ...{ keep: true },
  };
}

/** A question as this build stages it, and as builds before `messages` did: both can be measured. */
function questionTurn(/** @type {string} */ content, /** @type {number} */ createdAt) {
  const userMessage = { id: randomUUID(), content, createdAt };
  const role = /** @type {const} */ ('user');
  const beside = { clientId: null, parts: null, images: null, toolAnswer: null };
  const message = { ...userMessage, role, ...beside };
  return { messages: [message], systemMessage: null, userMessage };
}
