import { Injectable } from '@nestjs/common';
import type { AppError } from '../common/errors/app-error.js';
import { clientAddress } from '../common/http/client-address.js';
import type { RequestContext } from '../common/http/request-context.js';
import { OncePerMinute, RefusedRequests } from '../common/http/request-guards.js';
import { actorOf, Audit, type AuditAct } from '../observability/audit/audit.js';

/** Writes refused requests into the audit: a client that tries on is one act a minute. */
@Injectable()
export class Refusals extends RefusedRequests {
  constructor(
    private readonly audit: Audit,
    private readonly refusals: OncePerMinute,
  ) {
    super();
  }

  note(context: RequestContext, { code, reason }: AppError): void {
    if (code !== 'UNAUTHORIZED' && code !== 'FORBIDDEN') return;
    const act = {
      ...actorOf(context),
      action: 'auth.refused',
      target: null,
      result: reason,
    } as const;
    void this.writeIfDue(clientAddress(context.address), act);
  }

  private async writeIfDue(client: string, act: AuditAct): Promise<void> {
    if (await this.refusals.isDue(client)) this.audit.write(act);
  }
}
