import { SpanStatusCode, type Span } from '@opentelemetry/api';
import type { RequestSpan } from '../tracing.js';

/** The span of one request. @param run runs work in its context */
export function requestSpan(
  span: Span,
  method: string,
  run: (work: () => void) => void,
): RequestSpan {
  return {
    traceId: span.spanContext().traceId,
    run,
    end: ({ route, status, reason }) => {
      span.setAttribute('http.response.status_code', status);
      if (route !== undefined) {
        span.setAttribute('http.route', route);
        span.updateName(`${method} ${route}`);
      }
      // A stream that ends with an error has the status 200.
      if (status >= 500 || (status < 300 && reason !== undefined)) {
        span.setAttribute('error.type', reason ?? String(status));
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    },
  };
}
