import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import type { ApiKeys } from './api-keys.js';
import { Public } from './public.decorator.js';
import { requestContext, setRequestContext } from './request-context.js';

/**
 * Where there are keys, lets only their holders in, and makes the key's owner the owner of the
 * request and the client that limits count.
 */
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly keys: ApiKeys,
    private readonly reflector: Reflector,
  ) {}

  canActivate(host: ExecutionContext): boolean {
    if (!this.keys.required) return true;
    const targets = [host.getHandler(), host.getClass()];
    if (this.reflector.getAllAndOverride(Public, targets)) return true;
    const request = host.switchToHttp().getRequest<Request>();
    const ownerId = this.keys.ownerOf(request.headers);
    setRequestContext(request, {
      ...requestContext(request),
      ownerId,
      clientId: `key:${ownerId}`,
    });
    return true;
  }
}
