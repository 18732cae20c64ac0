import type { TextMapPropagator } from '@opentelemetry/api';
import {
  CompositePropagator,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from '@opentelemetry/core';
import type { AppLogger } from '../app-logger.js';

/** The headers of these names; a warning for a name that this service does not have. */
export function propagatorOf(names: readonly string[], logger: AppLogger): TextMapPropagator {
  const wanted = names.includes('none') ? [] : names;
  const propagators: TextMapPropagator[] = [];
  for (const name of new Set(wanted)) {
    if (name === 'tracecontext') propagators.push(new W3CTraceContextPropagator());
    else if (name === 'baggage') propagators.push(new W3CBaggagePropagator());
    else logger.warn(`OTEL_PROPAGATORS: ${name} is not supported and ignored`);
  }
  return new CompositePropagator({ propagators });
}
