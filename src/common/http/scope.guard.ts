import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { AppError } from '../errors/app-error.js';
import { hasScope, neededScope } from './needs-scope.decorator.js';
import { requestContext } from './request-context.js';

/** Refuses what the request's key does not open; such a request is counted as any other. */
@Injectable()
export class ScopeGuard implements CanActivate {
  canActivate(host: ExecutionContext): true {
    const { grant } = requestContext(host.switchToHttp().getRequest<Request>());
    if (grant === null || hasScope(grant.scopes, neededScope(host))) return true;
    throw new AppError('scope_missing', 'The scopes of this key do not open this route');
  }
}
