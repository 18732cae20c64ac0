import type { AppError } from './app-error.js';

/** `WWW-Authenticate` of an error response (RFC 6750, 3); null for none. */
export function challengeOf({ code, reason, invalidToken }: AppError): string | null {
  if (reason === 'scope_missing') return 'Bearer error="insufficient_scope"';
  if (code !== 'UNAUTHORIZED') return null;
  const wasSent = invalidToken || reason !== 'unauthorized';
  return wasSent ? 'Bearer error="invalid_token"' : 'Bearer';
}
