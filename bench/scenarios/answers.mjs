import { voidReason } from './scenario.mjs';

const CLIENTS = 32;
const TOKENS = 64;

/** Whole answers a second of a model that takes no time. @type {import('./scenario.mjs').Scenario} */
export const plainAnswers = {
  name: 'answers',
  goals: [5, 10],
  baseline: false,
  covers: ({ role, streamPath }) => role !== 'direct' && streamPath === undefined,
  measure: async ({ rig, subject, sizes }) => {
    const { pid, target } = await rig.open(subject);
    const order = { port: target.port, pid, clients: CLIENTS, tokens: TOKENS };
    /** @type {import('../load/answers.mjs').AnswersResult} */
    const result = await rig.load.ask('answers', {
      ...order,
      warmMs: 2 * sizes.warmMs,
      measureMs: sizes.answersMs,
    });
    const { usage, waits } = result;
    const values = {
      perSecond: result.answers / usage.seconds,
      cpuUsPerAnswer: usage.cpuUs / result.answers,
      wrong: result.wrong,
      waitP50Ms: waits.p50,
      waitP99Ms: waits.p99,
      serviceCore: usage.cpuUs / 1e6 / usage.seconds,
      rigCore: usage.rigCore,
      foreign: usage.foreign,
    };
    const refused = result.wrong > 0 ? `${result.wrong} answers were wrong or refused` : null;
    return { values, void: refused ?? voidReason(usage) };
  },
};
