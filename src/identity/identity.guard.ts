import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { AppError } from '../common/errors/app-error.js';
import { isKeyText } from '../common/api-key-text.js';
import { Public } from '../common/http/public.decorator.js';
import { requestContext, setRequestContext } from '../common/http/request-context.js';
import { RefusedRequests, RequestIdentity, RequestLimit } from '../common/http/request-guards.js';
import { DEFAULT_OWNER } from '../domain/owner.js';
import { Identity, type Access } from './identity.js';
import { presentedCredentials, type Credential } from './presented-credential.js';

/**
 * Refuses requests without a valid credential where one is needed, and makes its owner the owner of the
 * request and its name the client for limits. Wrong keys are counted; valid ones do not wait for that.
 */
@Injectable()
export class IdentityGuard extends RequestIdentity {
  constructor(
    private readonly identity: Identity,
    private readonly reflector: Reflector,
    private readonly limit: RequestLimit,
    private readonly refusals: RefusedRequests,
  ) {
    super();
  }

  get required(): boolean {
    return this.identity.required !== false;
  }

  canActivate(host: ExecutionContext): true | Promise<true> {
    const targets = [host.getHandler(), host.getClass()];
    if (this.reflector.getAllAndOverride(Public, targets)) return true;
    const request = host.switchToHttp().getRequest<Request>();
    const presented = presentedCredentials(request.rawHeaders);
    // The first key may have been made a moment ago, and what it writes must be its owner's.
    const isOpen =
      this.identity.required === false && !presented.some(({ text }) => isKeyText(text));
    if (isOpen) return admitAll(request);
    if (this.identity.required !== true) return this.decideLater(host, request, presented);
    return this.decide(host, request, presented);
  }

  private async decideLater(
    host: ExecutionContext,
    request: Request,
    presented: readonly Credential[],
  ): Promise<true> {
    await this.identity.learn();
    return this.identity.required === true
      ? this.decide(host, request, presented)
      : admitAll(request);
  }

  private decide(
    host: ExecutionContext,
    request: Request,
    [credential, ...others]: readonly Credential[],
  ): true | Promise<true> {
    if (credential === undefined) {
      const missing = keyMissing();
      this.refusals.note(requestContext(request), missing);
      throw missing;
    }
    if (others.length > 0) return this.refuse(host, severalKeys());
    try {
      const access = this.identity.accessOf(credential);
      if (!(access instanceof Promise)) return admit(request, access);
      return access.then(
        (late) => admit(request, late),
        (error: unknown) => this.refuse(host, error),
      );
    } catch (error) {
      return this.refuse(host, error);
    }
  }

  private async refuse(host: ExecutionContext, error: unknown): Promise<never> {
    if (!(error instanceof AppError)) throw error;
    this.refusals.note(requestContext(host.switchToHttp().getRequest<Request>()), error);
    if (error.reason === 'unauthorized') await this.limit.countWrongKey(host);
    throw error;
  }
}

function keyMissing(): AppError {
  return new AppError(
    'unauthorized',
    'Send an API key, as Authorization: Bearer <key> or X-Api-Key: <key>',
  );
}

function severalKeys(): AppError {
  return new AppError('unauthorized', 'Send one API key: the headers hold different ones', {
    invalidToken: true,
  });
}

function admit(request: Request, { grant, withdrawn }: Access): true {
  setRequestContext(request, {
    ...requestContext(request),
    ownerId: grant.owner,
    clientId: `key:${grant.name}`,
    grant,
    withdrawn,
  });
  return true;
}

/** While there are no keys, all have one owner. */
function admitAll(request: Request): true {
  const context = requestContext(request);
  if (context.ownerId !== DEFAULT_OWNER)
    setRequestContext(request, { ...context, ownerId: DEFAULT_OWNER });
  return true;
}
