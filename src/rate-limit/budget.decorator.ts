import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';

/** `generations`: what starts one, over all routes and workers; `requests`: all else, a worker's own. */
export type Budget = 'generations' | 'requests';

/** A controller or handler that starts generations: all such routes draw on one budget. */
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

/** The budget that a route draws on, by its decorators or its controller's; null: unlimited. */
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
