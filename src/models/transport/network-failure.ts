import { systemCode } from '../../common/errors/system-code.js';
import { ServerFailure, unusable } from './server-failure.js';
import type { ServerKind } from './server-kind.js';

/** Failures of the network that may pass: refused, broken, unreachable, a name not resolved yet. */
const TRANSIENT_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  // undici's: the other side closed the connection; it did not accept one in time.
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** How an idle connection fails that the other side had closed. */
const STALE_CODES = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** OpenSSL's codes for a certificate that it rejects, as Node gives them. */
const CERTIFICATE =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF|DECRYPT_CERT|DECODE_ISSUER)|ERR_TLS_CERT_ALTNAME|HOSTNAME_MISMATCH$|INVALID_(CA|PURPOSE)$)/;
/** What `https://` to a server without TLS gives. */
const NO_TLS = /^(EPROTO$|ERR_SSL_)/;

/**
 * A request that failed below HTTP before its answer began.
 *
 * @param unanswered the connection had been used before, and nothing came back on it
 */
export function networkFailure(
  error: Error,
  unanswered: boolean,
  { variables }: ServerKind,
): ServerFailure {
  const code = systemCode(error) ?? '';
  if (TRANSIENT_CODES.has(code)) {
    const staleConnection = unanswered && STALE_CODES.has(code);
    return new ServerFailure('transient', 'The connection failed', {
      cause: error,
      staleConnection,
    });
  }
  if (CERTIFICATE.test(code)) {
    return unusable(
      `The certificate is not trusted (${code}); NODE_EXTRA_CA_CERTS names a file with further authorities`,
    );
  }
  if (NO_TLS.test(code)) {
    return unusable(
      `There is no TLS (${code}); ${variables.address} may have to begin with http://`,
    );
  }
  return new ServerFailure('unusable', 'The connection failed', { cause: error });
}
