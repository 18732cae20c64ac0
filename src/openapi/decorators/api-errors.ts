import { Reflector } from '@nestjs/core';
import type { ErrorReason } from '../../common/errors/error-codes.js';

/** Metadata of `@ApiErrors`, read when the document is built. */
export const RouteErrors = Reflector.createDecorator<readonly ErrorReason[]>();

/**
 * The failures that a route can answer with, by reason; status, code, description and example follow
 * from the reason. On a controller it counts for all its routes. Not to be named, since every route
 * that can have them gets them: `validation` and `body_too_large` (from its parameters and body),
 * `unauthorized`, `host_not_allowed`, `requests_limit`, `internal`.
 */
export const ApiErrors = (...reasons: ErrorReason[]): MethodDecorator & ClassDecorator =>
  RouteErrors(reasons);
