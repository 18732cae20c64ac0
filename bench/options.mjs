import { parseArgs } from 'node:util';

/**
 * @typedef {object} Options
 * @property {number} rounds
 * @property {boolean} quick
 * @property {string[]} only goals, scenarios or subjects; empty: all
 * @property {{ name: string, entry: string }[]} also further builds of the service
 * @property {number} minutes no round begins later
 * @property {boolean} keepVoid
 * @property {boolean} record
 */

export const USAGE = `npm run bench -- [options]
  --quick            one short round, under two minutes
  --rounds <n>       rounds that must be valid (5; with --quick 1)
  --minutes <n>      begins no round later, even if rounds are void (120)
  --only <a,b,…>     goals (1 to 7, 10), scenarios or subjects, =name for no others that
                     begin so; may be given again
  --also <name=dist> another build beside this one: before a change, say
  --keep-void        void measurements count too, marked
  --record           writes ratios into bench/RESULTS.md, and the plot beside it`;

/**
 * @param {string[]} args
 * @returns {Options | null} null: help was asked for
 */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      minutes: { type: 'string', default: '120' },
      only: { type: 'string', multiple: true, default: [] },
      also: { type: 'string', multiple: true, default: [] },
      'keep-void': { type: 'boolean', default: false },
      record: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  if (!(Number.isInteger(rounds) && rounds > 0)) throw new Error('--rounds takes a whole number');
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error('--minutes takes a number above zero');
  return {
    rounds,
    minutes,
    quick: values.quick,
    only: values.only.flatMap((list) => list.split(',')).map((word) => word.trim()),
    also: values.also.map(readBuild),
    keepVoid: values['keep-void'],
    record: values.record,
  };
}

/** @param {string} text */
function readBuild(text) {
  const [name = '', entry = ''] = text.split('=');
  if (!/^[a-z0-9-]+$/.test(name) || name === 'ours' || entry === '') {
    throw new Error('--also takes <name>=<folder of a build>, the name in lower case');
  }
  return { name, entry };
}
