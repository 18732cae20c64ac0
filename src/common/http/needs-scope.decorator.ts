import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Scope } from '../../domain/access-grant.js';

/** `any`: every key, whatever its scopes. */
export type NeededScope = Scope | 'any';

/**
 * The scope that a controller or a handler needs; without this decorator it is `chat`, so that a route
 * that nobody thought of is open to no key that only reads.
 */
export const NeedsScope = Reflector.createDecorator<NeededScope>();

const reflector = new Reflector();

export function neededScope(
  context: Pick<ExecutionContext, 'getHandler' | 'getClass'>,
): NeededScope {
  const targets = [context.getHandler(), context.getClass()];
  return reflector.getAllAndOverride<NeededScope | undefined>(NeedsScope, targets) ?? 'chat';
}

/** Who may use all of an owner's routes may read, too. */
export function hasScope(scopes: readonly Scope[], needed: NeededScope): boolean {
  if (needed === 'any' || scopes.includes(needed)) return true;
  return needed === 'read' && scopes.includes('chat');
}
