import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import pg from 'pg';

/**
 * @typedef {object} Spent a turn
 * @property {number} statements sent, each a round trip
 * @property {number} clientUs CPU of this process
 * @property {number} serverUs CPU of the server's processes
 * @property {number} wallUs
 * @property {number} walBytes
 */

/** Statements that were sent by any connection of this process. */
let statements = 0;
const send = pg.Client.prototype.query;
pg.Client.prototype.query = function query(/** @type {any[]} */ ...args) {
  statements += 1;
  return Reflect.apply(send, this, args);
};

/**
 * What turns cost, by the server's and the system's own counters.
 *
 * @param {string} url
 */
export async function postgresMeter(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  /** @returns {Promise<{ pids: number[], lsn: string }>} */
  const ask = async () => {
    const { rows } = await client.query(
      `SELECT array_agg(pid) AS pids, pg_current_wal_insert_lsn() AS lsn FROM pg_stat_activity`,
    );
    return rows[0];
  };
  const between = async (/** @type {string} */ from, /** @type {string} */ to) => {
    const { rows } = await client.query('SELECT pg_wal_lsn_diff($1, $2) AS bytes', [to, from]);
    return Number(rows[0]?.bytes);
  };
  return {
    /** @param {number} turns @param {() => Promise<void>} work @returns {Promise<Spent>} */
    measure: async (turns, work) => {
      const before = await ask();
      const server = cpuNs(before.pids);
      const own = process.cpuUsage();
      const startedAt = performance.now();
      const sent = statements;
      await work();
      const took = performance.now() - startedAt;
      const { user, system } = process.cpuUsage(own);
      const counted = statements - sent;
      const after = await ask();
      const serverNs = cpuNs(after.pids) - server;
      return {
        statements: counted / turns,
        clientUs: (user + system) / turns,
        serverUs: serverNs / 1000 / turns,
        wallUs: (took * 1000) / turns,
        walBytes: (await between(before.lsn, after.lsn)) / turns,
      };
    },
    close: () => client.end(),
  };
}

/** @param {readonly number[]} pids */
function cpuNs(pids) {
  return pids.reduce((sum, pid) => sum + nsOf(pid), 0);
}

/** What Linux's scheduler gave to a process. @param {number} pid */
function nsOf(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]);
  } catch {
    return 0;
  }
}
