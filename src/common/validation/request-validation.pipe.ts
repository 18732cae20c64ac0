import { ValidationPipe, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { AppError } from '../errors/app-error.js';
import { cleanValues } from './request-values.js';
import { refuseUnknownNulls } from './unknown-nulls.js';
import { UnusableBody } from './unusable-body.js';
import { validationError } from './validation-error.js';

const rules = {
  transform: true,
  whitelist: true,
  // The class that a wrong field was found in tells where it belongs; no value is sent anywhere.
  validationError: { target: true, value: false },
  exceptionFactory: validationError,
};

/**
 * Validates DTOs. Bodies are exact: a JSON object, no unknown field, no conversion (`"0.5"` is not a
 * number). Unknown query parameters are ignored, as proxies and analytics add their own.
 */
export class RequestValidationPipe implements PipeTransform {
  private readonly body = new ValidationPipe({ ...rules, forbidNonWhitelisted: true });
  private readonly rest = new ValidationPipe(rules);

  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'custom') return value;
    if (metadata.type === 'body') {
      assertObject(value);
      refuseUnknownNulls(value, metadata.metatype);
    }
    // What cannot be an id is the id pipe's to say: it is a 404, not a 400.
    if (metadata.type !== 'param') cleanValues(value, metadata.data);
    const pipe = metadata.type === 'body' ? this.body : this.rest;
    const validated: unknown = await pipe.transform(value, metadata);
    return validated;
  }
}

function assertObject(value: unknown): void {
  if (value instanceof UnusableBody) throw value.error;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new AppError(
    'validation',
    'Send a JSON object as the body, with Content-Type: application/json',
    { details: [{ field: 'body', message: 'must be a JSON object' }] },
  );
}
