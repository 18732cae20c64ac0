import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { AppError } from '../errors/app-error.js';
import { hasScope, neededScope } from './needs-scope.decorator.js';
import { requestContext } from './request-context.js';
import { RefusedRequests } from './request-guards.js';

/** Refuses what the request's key does not open; such a request is counted as any other. */
@Injectable()
export class ScopeGuard implements CanActivate {
  constructor(private readonly refused: RefusedRequests) {}

  canActivate(host: ExecutionContext): true {
    const context = requestContext(host.switchToHttp().getRequest<Request>());
    const { grant } = context;
    if (grant === null || hasScope(grant.scopes, neededScope(host))) return true;
    const error = new AppError('scope_missing', 'The scopes of this key do not open this route');
    this.refused.note(context, error);
    throw error;
  }
}
