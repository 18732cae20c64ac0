/**
 * A database used by hand, without our store.
 *
 * @typedef {unknown[]} Row values of a message or a claim, in the order of its statement
 *
 * @typedef {{ key: string, id: string, at: number, messages: Row[] }} Committed
 * @typedef {{ key: string, id: string, messageId: unknown, response: string, at: number, tokens: string[] }} Finished
 *
 * @typedef {object} PlainDatabase
 * @property {(rows: Iterable<import('../conversations.mjs').SeedConversation>) => Promise<void>} load
 * @property {(limit: number, offset: number) => Promise<unknown[]>} page by OFFSET
 * @property {(limit: number, updatedAt: number, id: string) => Promise<unknown[]>} keysetPage
 * @property {(id: string, limit: number) => Promise<unknown[]>} read a conversation and its newest messages
 * @property {(turn: { id: string, at: number, messages: Row[] }) => Promise<unknown>} append two messages in one commit
 * @property {(claim: Row, flushed: boolean) => Promise<void>} begin a generation: one commit
 * @property {(key: string, response: string, at: number) => Promise<void>} end it: one commit
 * @property {(turn: Committed) => Promise<unknown>} commit its turn, with an empty answer: one commit
 * @property {(end: Finished) => Promise<unknown>} finish it with answer and log: one commit
 * @property {() => Promise<number>} megabytes
 * @property {() => Promise<void>} close
 */

export {};
