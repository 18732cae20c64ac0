import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { OWNER } from './conversations.mjs';

/**
 * @typedef {import('../../src/store/store.js').Store} Store
 * @typedef {import('../../src/store/typeorm/database/create-database.js').SqlTarget} SqlTarget
 */

const WORKER = 'bench';
/** More than run at once. */
const SLOTS = Array.from({ length: 64 }, (_, index) => `bench:${index}`);

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
 * Ids as a build makes them for new rows.
 *
 * @param {string} build folder of a build
 * @returns {Promise<() => string>}
 */
export async function idsOf(build) {
  const file = join(build, 'src/common/ordered-uuid.js');
  if (!existsSync(file)) return randomUUID;
  const { orderedUuid } = await import(pathToFileURL(file).href);
  return orderedUuid;
}

/**
 * @typedef {object} Turn
 * @property {string} question
 * @property {string} answer
 * @property {boolean} [streamed] it takes a slot; its turn is committed at the first token
 * @property {boolean} [opens] it begins its conversation
 * @property {string | null} [parentId] the newest message, where the worker has read it
 * @property {() => string} [newId]
 */

/**
 * Everything that the store does for one more message and its answer, as the runner asks it.
 *
 * @param {Store} store
 * @param {string} conversationId
 * @param {Turn} turn
 * @returns {Promise<string>} the id of the answer's message
 */
export async function wholeTurn({ generations }, conversationId, turn) {
  const { question, answer, streamed = true, opens = false, newId = randomUUID } = turn;
  const { parentId = null } = turn;
  const now = Date.now();
  const key = randomUUID();
  const messageId = newId();
  const claim = await generations.claim({
    key,
    id: key,
    ownerId: OWNER,
    stateless: false,
    isKept: false,
    conversationId,
    messageId,
    answerParentId: '',
    model: 'llama2',
    createdAt: now,
    startedAt: now,
    workerId: WORKER,
    onDisconnect: 'cancel',
    turn: {
      newConversation: opens ? { title: question, createdAt: now, chatId: null } : null,
      firstTitle: null,
      parentId: null,
      ...questionTurn(question, now, newId),
      replacesMessageId: null,
    },
    idempotency: null,
    echo: null,
    slots: streamed ? SLOTS : [],
    tokens: { keyName: OWNER, promptTokens: null, maxTokens: 1000, quotas: null },
  });
  if (claim.outcome !== 'claimed') throw new Error(`Not claimed: ${claim.outcome}`);
  // Builds up to 0.1.0 call it `keepTurn`.
  const commit = Reflect.get(generations, 'commitTurn') ?? Reflect.get(generations, 'keepTurn');
  if (streamed) await commit.call(generations, key, WORKER, now, parentId, 26);
  const tail = { key, firstSeq: 1, tokens: tokensOf(answer) };
  const end = { ...ended(answer, tail.tokens.length, now), parentId };
  await generations.finish(key, WORKER, end, tail);
  return messageId;
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
function questionTurn(
  /** @type {string} */ content,
  /** @type {number} */ createdAt,
  /** @type {() => string} */ newId,
) {
  const userMessage = { id: newId(), content, createdAt };
  const role = /** @type {const} */ ('user');
  const beside = { clientId: null, parts: null, images: null, toolAnswer: null };
  const message = { ...userMessage, role, ...beside };
  return { messages: [message], systemMessage: null, userMessage };
}
