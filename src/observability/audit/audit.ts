import type { AccessGrant } from '../../domain/access-grant.js';

export const AUDIT_ACTIONS = [
  'conversation.create',
  'conversation.rename',
  'conversation.delete',
  'generation.cancel',
  'key.create',
  'key.update',
  'key.revoke',
  'auth.refused',
  'history.copy',
  'history.backup',
  'history.restore',
  'history.erase',
  'history.prune',
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** Who did it: of a command, which has no key, no request and no address, all is null. */
export interface AuditActor {
  /** Whose data it is about. */
  readonly owner: string | null;
  /** The name of the key, never the key. */
  readonly key: string | null;
  readonly requestId: string | null;
  readonly address: string | null;
}

/** One act. Never the text of messages, titles or keys. */
export interface AuditAct extends AuditActor {
  readonly action: AuditAction;
  /** The id of a conversation or a generation, the name of a key, or of a store; null for none. */
  readonly target: string | null;
  /** `done`, or for `auth.refused` the reason. */
  readonly result: string;
}

/** Where acts are written that an auditor asks for, one line each. */
export abstract class Audit {
  abstract write(act: AuditAct): void;

  abstract close(): void;

  /** An act that was done. */
  done(action: AuditAction, target: string, actor: AuditActor): void {
    this.write({ action, target, result: 'done', ...actor });
  }
}

/** What a request says of its client, as its `RequestContext` has it. */
interface ActingRequest {
  readonly ownerId: string;
  readonly grant: AccessGrant | null;
  readonly requestId: string;
  readonly address: string;
}

export function actorOf({ ownerId, grant, requestId, address }: ActingRequest): AuditActor {
  return { owner: ownerId || null, key: grant?.name ?? null, requestId, address };
}

/** The operator, at the command line or by a setting. */
export function operatorFor(owner: string | null): AuditActor {
  return { owner, key: null, requestId: null, address: null };
}

/** The fields of a line, but its time. */
export function auditFields(act: AuditAct) {
  const { action, owner, key, target, result, requestId, address } = act;
  return { event: 'audit', action, owner, key, target, result, request_id: requestId, address };
}
