import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { ConfigType } from '@nestjs/config';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { NO_LIMITS, type AccessGrant } from '../../domain/access-grant.js';
import { apiConfig } from '../../config/namespaces.js';
import { AppError } from '../errors/app-error.js';
import { ApiKeys, presentedKeys } from './api-keys.js';
import { Public } from './public.decorator.js';
import { requestContext, setRequestContext } from './request-context.js';

/** Counts requests against their client. Runs after the API key's guard, and before a body is read. */
export abstract class RequestLimit implements CanActivate {
  abstract canActivate(host: ExecutionContext): Promise<boolean>;

  /**
   * Counts a wrong key for its address. Throws `requests_limit` if the address has sent too many.
   */
  abstract countWrongKey(host: ExecutionContext): Promise<void>;
}

/**
 * If API keys are configured, refuses requests without a valid key, and makes the key's owner the
 * owner of the request and the client for limits. Wrong keys are counted; valid ones do not wait
 * for that.
 */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  private readonly keys: ApiKeys;

  constructor(
    @Inject(apiConfig.KEY) { keys }: ConfigType<typeof apiConfig>,
    private readonly reflector: Reflector,
    private readonly limit: RequestLimit,
  ) {
    this.keys = new ApiKeys(keys);
  }

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
      grant: configuredGrant(ownerId),
    });
    return true;
  }

  private async refuse(host: ExecutionContext, several: boolean): Promise<never> {
    await this.limit.countWrongKey(host);
    throw new AppError(
      'unauthorized',
      several ? 'Send one API key: the headers hold different ones' : 'Unknown API key',
    );
  }
}

/** A key of `API_KEYS` has no limits of its own, and its name is its owner. */
function configuredGrant(name: string): AccessGrant {
  return {
    name,
    owner: name,
    scopes: ['chat'],
    models: null,
    limits: NO_LIMITS,
    expiresAt: null,
  };
}
