import { Reflector } from '@nestjs/core';
import type { SchemaObject } from '@nestjs/swagger';

/** The errors of routes that have a form of their own. */
export interface DocumentedErrorForm {
  /** Before the names of the shared responses. */
  name: string;
  schema: SchemaObject;
}

/** The form of a controller's errors, where it is not the API's own: see `ErrorsBelow`. */
export const ApiErrorForm = Reflector.createDecorator<DocumentedErrorForm | null>();
