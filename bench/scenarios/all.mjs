import { leaving } from './aborts.mjs';
import { plainAnswers } from './answers.mjs';
import { capacity } from './capacity.mjs';
import { memory } from './memory.mjs';
import { firstToken, plotted, streaming } from './tokens.mjs';

/**
 * @param {import('../sizes.mjs').Sizes} sizes
 * @returns {import('./scenario.mjs').Scenario[]}
 */
export function allScenarios(sizes) {
  return [
    firstToken,
    streaming(50, [3, 10]),
    streaming(200, [2, 3]),
    capacity,
    plainAnswers,
    memory,
    leaving,
    ...sizes.curve.map(plotted),
  ];
}
