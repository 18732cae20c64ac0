import type {
  CorsOptions,
  CorsOptionsDelegate,
} from '@nestjs/common/interfaces/external/cors-options.interface.js';
import type { Request, RequestHandler } from 'express';
import type { Settings } from '../../config/settings.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'];

/** Request headers of browser clients and tracing tools. */
const ALLOWED_HEADERS = [
  'Content-Type',
  'Authorization',
  'X-Api-Key',
  'Idempotency-Key',
  'Last-Event-ID',
  'X-Request-Id',
  'traceparent',
  'tracestate',
  'baggage',
  'sentry-trace',
  'X-Requested-With',
  'Cache-Control',
  'Prefer',
  'X-Generation-Id',
  'If-Match',
  'If-None-Match',
];

/** OpenAI's clients send about a dozen of these, which change with each version. */
const ALLOWED_FAMILIES = /^(x-stainless-|openai-)[a-z0-9-]{1,100}$/i;

const EXPOSED_HEADERS = [
  'X-Conversation-Id',
  'X-Generation-Id',
  'X-Request-Id',
  'Idempotency-Replayed',
  'Location',
  'Preference-Applied',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'X-RateLimit-Limit-Tokens',
  'X-RateLimit-Remaining-Tokens',
  'WWW-Authenticate',
  'X-Should-Retry',
  'ETag',
];

/**
 * Browsers of any allowed origin may call, and read what they need; never with cookies.
 * `preflightMiddleware` answers a preflight, after the middlewares in between, which may refuse it.
 */
export function corsOptions({
  corsOrigins,
  corsHeaders,
}: Settings['api']): CorsOptionsDelegate<Request> {
  const allowed = [...ALLOWED_HEADERS, ...corsHeaders];
  const options: CorsOptions = {
    origin: corsOrigins === '*' ? '*' : [...corsOrigins],
    // Joined once: the library would do it for each request.
    methods: METHODS.join(','),
    credentials: false,
    maxAge: 600,
    allowedHeaders: allowed,
    exposedHeaders: EXPOSED_HEADERS.join(','),
    preflightContinue: true,
  };
  return (request, use) => {
    const asked = familiesAskedFor(request);
    use(null, asked.length > 0 ? { ...options, allowedHeaders: [...allowed, ...asked] } : options);
  };
}

function familiesAskedFor({ method, headers }: Request): string[] {
  if (method !== 'OPTIONS') return [];
  const asked = headers['access-control-request-headers']?.split(',') ?? [];
  return asked.map((name) => name.trim()).filter((name) => ALLOWED_FAMILIES.test(name));
}

/** Answers every `OPTIONS` with the headers that were set so far. */
export function preflightMiddleware(): RequestHandler {
  return (request, response, next) => {
    if (request.method !== 'OPTIONS') {
      next();
      return;
    }
    response.vary('Access-Control-Request-Headers');
    response.status(204).setHeader('Content-Length', '0');
    response.end();
  };
}
