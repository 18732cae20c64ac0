import type { AppError } from '../../../../common/errors/app-error.js';
import { nonsense } from './ollama-errors.js';
import { TransientFailure } from './transient-failure.js';

/** Failures of the network that may pass: nobody listens, the line broke, the name is unknown yet. */
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
/** How a kept connection fails that the other side had closed before. */
const STALE_CODES = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** OpenSSL's words for a certificate that it does not take, as Node gives them. */
const CERTIFICATE =
  /^(CERT_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF|DECRYPT_CERT|DECODE_ISSUER)|ERR_TLS_CERT_ALTNAME|HOSTNAME_MISMATCH$|INVALID_(CA|PURPOSE)$)/;
/** What comes of `https://` to a server without TLS. */
const NO_TLS = /^(EPROTO$|ERR_SSL_)/;

/** A request that failed below HTTP before its answer began. */
export function networkFailure(error: Error, unseen: boolean): AppError | TransientFailure {
  const code = errorCode(error) ?? '';
  if (TRANSIENT_CODES.has(code)) {
    return new TransientFailure('The connection failed', unseen && STALE_CODES.has(code), error);
  }
  if (CERTIFICATE.test(code)) {
    return nonsense(
      `The certificate is not trusted (${code}); NODE_EXTRA_CA_CERTS names a file with further authorities`,
    );
  }
  if (NO_TLS.test(code)) {
    return nonsense(`There is no TLS (${code}); OLLAMA_BASE_URL may have to begin with http://`);
  }
  return nonsense('The connection failed', error);
}

/** `code` of a network error of Node's. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
