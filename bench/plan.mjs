import { DIRECT } from './subjects/subjects.mjs';

/**
 * @typedef {import('./scenarios/scenario.mjs').Scenario} Scenario
 * @typedef {import('./subjects/subjects.mjs').Subject} Subject
 * @typedef {{ scenario: Scenario, subjects: Subject[] }} Entry `subjects` without the baseline
 */

/** Left out of a quick run unless named. */
const SLOW = [
  'book-sse',
  'ours-sqlite',
  'ours-postgres',
  'ours-bare',
  'ours-unmetered',
  'ours-openai',
  'ours-wire-openai-chat',
  'ours-wire-openai-responses',
  'ours-wire-ai-sdk',
  'ours-wire-ollama',
];

/**
 * What is to be measured, of whom.
 *
 * @param {{ scenarios: Scenario[], subjects: Subject[] }} all
 * @param {{ only: string[], quick: boolean }} options
 * @returns {Entry[]}
 */
export function makePlan({ scenarios, subjects }, { only, quick }) {
  const named = { goals: /** @type {number[]} */ ([]), scenarios: [''], subjects: [''] };
  for (const word of only) {
    if (/^\d+$/.test(word)) named.goals.push(Number(word));
    else if (scenarios.some(({ name }) => matches(name, word))) named.scenarios.push(word);
    else if (subjects.some(({ name }) => matches(name, word))) named.subjects.push(word);
    else throw new Error(unknown(word, scenarios, subjects));
  }
  const wantedScenarios = scenarios.filter(
    ({ name, goals }) =>
      (named.goals.length === 0 && named.scenarios.length === 1) ||
      named.scenarios.some((word) => matches(name, word)) ||
      goals.some((goal) => named.goals.includes(goal)),
  );
  const wantedSubjects = subjects.filter(({ name }) =>
    named.subjects.length > 1
      ? named.subjects.some((word) => matches(name, word))
      : !(quick && SLOW.includes(name)),
  );
  return wantedScenarios
    .map((scenario) => ({ scenario, subjects: wantedSubjects.filter(scenario.covers) }))
    .filter((entry) => entry.subjects.some(({ name }) => name !== DIRECT.name));
}

/** `ours` is all that begin with `ours-`, `tokens` all that begin with `tokens-`; `=book` only itself. */
function matches(/** @type {string} */ name, /** @type {string} */ word) {
  if (word.startsWith('=')) return name === word.slice(1);
  return word !== '' && (name === word || name.startsWith(`${word}-`));
}

/** @param {string} word @param {Scenario[]} scenarios @param {Subject[]} subjects */
function unknown(word, scenarios, subjects) {
  const names = [...scenarios, ...subjects].map(({ name }) => name).join(', ');
  return `--only: "${word}" is not a goal, and not one of ${names}`;
}
