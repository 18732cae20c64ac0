import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { AppError } from '../errors/app-error.js';
import { presentedKeys, type ApiKeys } from './api-keys.js';
import { Public } from './public.decorator.js';
import { requestContext, setRequestContext } from './request-context.js';

export interface WrongKeyCounter {
  /** Counts it against its address. Throws `requests_limit` where that has sent too many. */
  countWrongKey(host: ExecutionContext): Promise<void>;
}

/**
 * Where there are keys, lets only their holders in, and makes the key's owner the owner of the
 * request and the client that limits count. Wrong keys are counted; right ones never wait for that.
 */
export class ApiKeyGuard implements CanActivate {
  constructor(
    private readonly keys: ApiKeys,
    private readonly reflector: Reflector,
    private readonly counter: WrongKeyCounter,
  ) {}

  canActivate(host: ExecutionContext): true | Promise<never> {
    if (!this.keys.required) return true;
    const targets = [host.getHandler(), host.getClass()];
    if (this.reflector.getAllAndOverride(Public, targets)) return true;
    const request = host.switchToHttp().getRequest<Request>();
    const [key, ...others] = presentedKeys(request.rawHeaders);
    if (key === undefined) {
      throw new AppError(
        'unauthorized',
        'Send an API key, as Authorization: Bearer <key> or X-Api-Key: <key>',
      );
    }
    const ownerId = others.length === 0 ? this.keys.ownerOf(key) : undefined;
    if (ownerId === undefined) return this.refuse(host, others.length > 0);
    setRequestContext(request, {
      ...requestContext(request),
      ownerId,
      clientId: `key:${ownerId}`,
    });
    return true;
  }

  private async refuse(host: ExecutionContext, several: boolean): Promise<never> {
    await this.counter.countWrongKey(host);
    throw new AppError(
      'unauthorized',
      several ? 'Send one API key: the headers hold different ones' : 'Unknown API key',
    );
  }
}
