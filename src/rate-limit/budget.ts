import type { ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import { GenerationBudget } from './generation-budget.decorator.js';
import { Unlimited } from './unlimited.decorator.js';

/** `generations`: what starts one, over all routes and workers; `requests`: all else, a worker's own. */
export type Budget = 'generations' | 'requests';

/** The budget that a route draws on, by its decorators or its controller's; null: unlimited. */
export function budgetOf(reflector: Reflector, context: ExecutionContext): Budget | null {
  const targets = [context.getHandler(), context.getClass()];
  if (reflector.getAllAndOverride(Unlimited, targets)) return null;
  return reflector.getAllAndOverride(GenerationBudget, targets) ? 'generations' : 'requests';
}
