import { applyDecorators, UseInterceptors } from '@nestjs/common';
import { UnknownIdLimit } from './unknown-id-limit.interceptor.js';
import { Unlimited } from './unlimited.decorator.js';

/** A handler that is never limited for a generation that is there; a guessed id counts as a read. */
export const UnlimitedIfKnown = (): MethodDecorator =>
  applyDecorators(Unlimited(), UseInterceptors(UnknownIdLimit));
