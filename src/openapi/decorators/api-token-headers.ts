import { Reflector } from '@nestjs/core';

/** A controller or handler that starts generations, and tells what is left of tokens as OpenAI's API does. */
export const ApiTokenHeaders = Reflector.createDecorator<boolean | undefined, boolean>({
  transform: (tells) => tells ?? true,
});
