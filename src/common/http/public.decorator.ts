import { Reflector } from '@nestjs/core';

/** Served without an API key even where there are keys: a controller or a handler. */
export const Public = Reflector.createDecorator<boolean | undefined, boolean>({
  transform: (isPublic) => isPublic ?? true,
});
