import type { INestApplicationContext, Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core';
import { ApiExtension } from '@nestjs/swagger';
import { Public } from '../common/http/public.decorator.js';
import type { ErrorReason } from '../common/errors/error-codes.js';
import { Unlimited } from '../rate-limit/budget.decorator.js';
import { ApiErrorForm, type DocumentedErrorForm } from './decorators/api-error-form.js';
import { RouteErrors } from './decorators/api-errors.js';
import { ApiTokenHeaders } from './decorators/api-token-headers.js';

/** What the code of a route says about it beside its parameters and types. */
export interface RouteFacts {
  /** Answers without an API key. */
  open: boolean;
  /** Counts against no budget. */
  unlimited: boolean;
  errors: readonly ErrorReason[];
  /** Answers have the headers of OpenAI's API for limits of tokens. */
  tokenHeaders: boolean;
  /** How its errors are written; null: as all. */
  errorForm: DocumentedErrorForm | null;
}

/** Where a route's facts stand in its operation until the document is finished. */
export const FACTS_EXTENSION = 'x-route-facts';

type Handler = (...args: unknown[]) => unknown;

/**
 * Notes on every route what its guards and decorators say, so that the document is true
 * about keys and limits without a second list.
 */
export function noteRouteFacts(app: INestApplicationContext): void {
  for (const module of app.get(ModulesContainer).values()) {
    for (const { metatype } of module.controllers.values()) {
      if (isClass(metatype)) noteController(metatype, app.get(Reflector));
    }
  }
}

function isClass(metatype: unknown): metatype is Type {
  return typeof metatype === 'function';
}

function noteController(controller: Type, reflector: Reflector): void {
  const prototype = controller.prototype as Record<string, Handler>;
  for (const name of new MetadataScanner().getAllMethodNames(prototype)) {
    const handler = prototype[name];
    if (!handler || !Reflect.hasMetadata(PATH_METADATA, handler)) continue;
    ApiExtension(FACTS_EXTENSION, factsOf(reflector, handler, controller))(prototype, name, {
      value: handler,
    });
  }
}

function factsOf(reflector: Reflector, handler: Handler, controller: Type): RouteFacts {
  const targets = [handler, controller];
  return {
    open: reflector.getAllAndOverride(Public, targets),
    unlimited: reflector.getAllAndOverride(Unlimited, targets),
    errors: reflector.getAllAndMerge(RouteErrors, targets),
    tokenHeaders: reflector.getAllAndOverride(ApiTokenHeaders, targets),
    errorForm: reflector.getAllAndOverride(ApiErrorForm, targets) ?? null,
  };
}
