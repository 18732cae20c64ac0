import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';

/**
 * `generations`: requests that start a generation, over all routes and workers; `requests`: all
 * others, per worker.
 */
export type Budget = 'generations' | 'requests';

/** A controller or handler that starts generations: all such routes share one budget. */
export const GenerationBudget = Reflector.createDecorator<boolean | undefined, boolean>({
  transform: (starts) => starts ?? true,
});

/** A controller or handler that is never limited: health, metrics. */
export const Unlimited = Reflector.createDecorator<boolean | undefined, boolean>({
  transform: (unlimited) => unlimited ?? true,
});

const reflector = new Reflector();

/** By handler: a route's decorators do not change, and each request asks several times. */
const budgets = new WeakMap<object, Budget | null>();

/** The budget of a route, from its decorators or its controller's; null: unlimited. */
export function budgetOf(context: ExecutionContext): Budget | null {
  const handler = context.getHandler();
  let budget = budgets.get(handler);
  if (budget === undefined)
    budgets.set(handler, (budget = readBudget(handler, context.getClass())));
  return budget;
}

function readBudget(...targets: Parameters<Reflector['getAllAndOverride']>[1]): Budget | null {
  if (reflector.getAllAndOverride(Unlimited, targets)) return null;
  return reflector.getAllAndOverride(GenerationBudget, targets) ? 'generations' : 'requests';
}
