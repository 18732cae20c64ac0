import { setTimeout as delay } from 'node:timers/promises';
import { meter } from '../rig/meter.mjs';
import { socketsOf } from '../rig/proc.mjs';
import { targetOf } from '../rig/rig.mjs';
import { serves, voidReason } from './scenario.mjs';

const AT_ONCE = 50;
const WARM_UP = 100;
const BYSTANDERS = 10;

/**
 * Time from a client's disconnect until the model's connection is closed, and the resources that
 * remain open. @type {import('./scenario.mjs').Scenario}
 */
export const leaving = {
  name: 'aborts',
  goals: [7],
  baseline: false,
  covers: (subject) => serves(subject) && subject.streamPath === undefined,
  measure: async ({ rig, subject, sizes }) => {
    const service = await rig.fresh(subject, { probed: true });
    try {
      const target = targetOf(subject, service);
      const bystanders = {
        target,
        model: 'paced:600x1000',
        streams: BYSTANDERS,
        firstClient: 5000,
      };
      await rig.load.ask('hold', bystanders);
      await abortMany(
        rig,
        service.pid,
        target,
        { aborts: WARM_UP, firstMark: sizes.aborts },
        sizes.patienceMs,
      );
      const before = await left(rig, service);
      const many = { aborts: sizes.aborts, firstMark: 0 };
      const ends = await abortMany(rig, service.pid, target, many, sizes.patienceMs);
      const after = await left(rig, service);
      const { cut } = await rig.load.ask('release');
      const values = {
        ...ends.values,
        socketsLeft: after.sockets - before.sockets,
        modelSocketsLeft: after.modelSockets - before.modelSockets,
        socketObjectsLeft: after.socketObjects - before.socketObjects,
        timersLeft: after.timers - before.timers,
        bystandersCut: cut,
      };
      return { values, void: voidReason(ends.usage) };
    } finally {
      await rig.fake.ask('hangUp');
      await service.stop();
    }
  },
};

/**
 * @param {import('../rig/rig.mjs').Rig} rig
 * @param {number} pid the service
 * @param {import('../load/requests.mjs').Target} target
 * @param {{ aborts: number, firstMark: number }} many
 * @param {number} patienceMs how long the model's connections may take before they count as left open
 */
async function abortMany(rig, pid, target, { aborts, firstMark }, patienceMs) {
  await rig.fake.ask('forget');
  const stop = meter(pid);
  /** @type {[number, number][]} */
  const gone = await rig.load.ask('aborts', { target, aborts, atOnce: AT_ONCE, firstMark });
  const usage = stop();
  await delay(patienceMs);
  /** @type {import('../fake-ollama/server.mjs').Ends} */
  const ends = await rig.fake.ask('ends');
  const goneAt = new Map(gone);
  const waits = ends.left
    .map(([mark, atMs]) => Math.max(0, atMs - (goneAt.get(mark) ?? NaN)))
    .sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => waits[Math.ceil(waits.length * share) - 1] ?? NaN;
  const values = {
    aborts,
    closeP50Ms: at(0.5),
    closeP99Ms: at(0.99),
    closeMaxMs: at(1),
    ranToTheirEnd: ends.finished.length,
    leftOpen: ends.opened.length - ends.left.length - ends.finished.length,
  };
  return { usage, values };
}

/**
 * What is open or alive now.
 *
 * @param {import('../rig/rig.mjs').Rig} rig
 * @param {import('../subjects/service.mjs').Service} service
 */
async function left(rig, service) {
  /** @type {Record<string, number> | null} */
  const census = await service.ask('census');
  return {
    sockets: socketsOf(service.pid),
    modelSockets: await rig.fake.ask('connections'),
    socketObjects: census?.['sockets'] ?? NaN,
    timers: census?.['timers'] ?? NaN,
  };
}
