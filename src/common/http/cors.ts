import type { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface.js';
import type { Settings } from '../../config/settings.js';

/** Browsers of any allowed origin may call, and read what they need; never with cookies. */
export function corsOptions(origins: Settings['api']['corsOrigins']): CorsOptions {
  return {
    origin: origins === '*' ? '*' : [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    credentials: false,
    maxAge: 600,
    allowedHeaders: [
      'Content-Type',
      'Authorization',
      'X-Api-Key',
      'Idempotency-Key',
      'Last-Event-ID',
      'X-Request-Id',
      'traceparent',
      'Prefer',
    ],
    exposedHeaders: [
      'X-Conversation-Id',
      'X-Generation-Id',
      'X-Request-Id',
      'Idempotency-Replayed',
      'Retry-After',
      'RateLimit',
      'RateLimit-Policy',
      'X-RateLimit-Limit',
      'X-RateLimit-Remaining',
      'X-RateLimit-Reset',
    ],
  };
}
