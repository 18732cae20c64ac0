import { Global, Module } from '@nestjs/common';
import { RefusedRequests, RequestIdentity } from '../common/http/request-guards.js';
import { IdentityGuard } from './identity.guard.js';
import { Identity } from './identity.js';
import { KnownKeys } from './known-keys.js';
import { Tokens } from './oidc/tokens.js';
import { Refusals } from './refusals.js';

/** Who a request is. Global, since `HttpEdgeModule` needs the guard; needs the store and the limits. */
@Global()
@Module({
  providers: [
    Identity,
    KnownKeys,
    { provide: RefusedRequests, useClass: Refusals },
    Tokens,
    IdentityGuard,
    { provide: RequestIdentity, useExisting: IdentityGuard },
  ],
  exports: [RefusedRequests, RequestIdentity],
})
export class IdentityModule {}
