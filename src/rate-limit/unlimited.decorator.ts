import { Reflector } from '@nestjs/core';

/** A controller or handler that is never limited: health, metrics. */
export const Unlimited = Reflector.createDecorator<boolean | undefined, boolean>({
  transform: (unlimited) => unlimited ?? true,
});
