import {
  Inject,
  Injectable,
  ValidationPipe,
  type ArgumentMetadata,
  type PipeTransform,
} from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { apiConfig } from '../../config/namespaces.js';
import { AppError } from '../errors/app-error.js';
import { bodyLimits, openBodyOf } from '../http/body/body-limits.js';
import { UnreadBody } from '../http/body/unread-body.js';
import { isBodyOptional } from './optional-body.decorator.js';
import { cleanValues } from './request-values.js';
import { refuseUnknownNulls } from './unknown-nulls.js';
import { validationError } from './validation-error.js';

const rules = {
  transform: true,
  whitelist: true,
  // The class of a wrong field says where it belongs; errors never hold values.
  validationError: { target: true, value: false },
  exceptionFactory: validationError,
};

/** `cleanValues` has removed such names already, but for those in fields that are kept as sent. */
class DtoPipe extends ValidationPipe {
  protected override stripProtoKeys(): void {
    // Nothing is left to do.
  }
}

/**
 * Reads bodies, where a route asks for its own, and validates DTOs. Bodies are exact: a JSON object,
 * no unknown field, no conversion (`"0.5"` is not a number). Unknown query parameters are ignored,
 * as proxies and analytics add their own.
 */
@Injectable()
export class RequestValidationPipe implements PipeTransform {
  private readonly body = new DtoPipe({ ...rules, forbidNonWhitelisted: true });
  private readonly rest = new DtoPipe(rules);

  constructor(@Inject(apiConfig.KEY) private readonly settings: ConfigType<typeof apiConfig>) {}

  async transform(given: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'custom') return given;
    const sent = given instanceof UnreadBody ? await this.readBody(given, metadata) : given;
    const isBody = metadata.type === 'body';
    const isLeftOut = isBody && sent === undefined && isBodyOptional(metadata.metatype);
    const value = isLeftOut ? {} : sent;
    if (isBody) {
      assertObject(value);
      if (openBodyOf(metadata.metatype)) {
        cleanValues(value, { asSent: true });
        return value;
      }
      refuseUnknownNulls(value, metadata.metatype);
    }
    // What cannot be an id is the id pipe's to say: it is a 404, not a 400.
    const { data: name, metatype: type } = metadata;
    if (metadata.type !== 'param') cleanValues(value, { name, exact: isBody, type });
    const pipe = isBody ? this.body : this.rest;
    const validated: unknown = await pipe.transform(value, metadata);
    return validated;
  }

  private readBody(body: UnreadBody, { metatype }: ArgumentMetadata): Promise<unknown> {
    return body.read(bodyLimits(metatype, this.settings.maxChatBody));
  }
}

function assertObject(value: unknown): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new AppError(
    'validation',
    'Send a JSON object as the body, with Content-Type: application/json',
    { details: [{ field: 'body', message: 'must be a JSON object' }] },
  );
}
