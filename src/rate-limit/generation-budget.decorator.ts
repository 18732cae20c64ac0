import { Reflector } from '@nestjs/core';

/** A controller or handler that starts generations: all such routes draw on one budget. */
export const GenerationBudget = Reflector.createDecorator<boolean | undefined, boolean>({
  transform: (starts) => starts ?? true,
});
