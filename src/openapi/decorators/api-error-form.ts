import { Reflector } from '@nestjs/core';
import type { HeaderObject, SchemaObject } from '@nestjs/swagger';
import type { ErrorReason } from '../../common/errors/error-codes.js';

/** The errors of routes that have a form of their own. */
export interface DocumentedErrorForm {
  /** Before the names of the shared responses. */
  name: string;
  schema: SchemaObject;
  /**
   * Headers beside those of every error, of a response that is given for these reasons.
   *
   * @param ofAnswer whether it may be the failure of an answer
   */
  headers?(
    reasons: readonly ErrorReason[],
    ofAnswer: boolean,
  ): Readonly<Record<string, HeaderObject>>;
}

/** The form of a controller's errors, where it is not the API's own: see `ErrorsBelow`. */
export const ApiErrorForm = Reflector.createDecorator<DocumentedErrorForm | null>();
