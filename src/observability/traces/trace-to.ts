import { setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type Sampler,
} from '@opentelemetry/sdk-trace';
import type { Settings } from '../../config/settings.js';
import { PACKAGE_VERSION } from '../../openapi/package-version.js';
import type { AppLogger } from '../app-logger.js';
import type { Tracing } from '../tracing.js';
import { OpenTelemetryTracing } from './open-telemetry-tracing.js';
import { propagatorOf } from './propagator.js';

/** How long a span waits for others that are sent with it. */
const SEND_EVERY_MS = 1_000;
const SERVICE_NAME = 'ollama-chat-service';

type TraceSettings = Settings['traces'] & { url: string };

/**
 * Traces that are sent to a collector, in batches, beside the requests. While the collector is away
 * spans are dropped.
 *
 * @param database OpenTelemetry's name of the database
 */
export function traceTo(settings: TraceSettings, database: string, logger: AppLogger): Tracing {
  const exporter = new OTLPTraceExporter({
    url: settings.url,
    ...(settings.headers.length > 0 && { headers: Object.fromEntries(settings.headers) }),
  });
  const provider = new TracerProvider({
    resource: resourceOf(settings),
    sampler: samplerOf(settings),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: SEND_EVERY_MS })],
  });
  sayOnce(logger);
  return new OpenTelemetryTracing(provider, propagatorOf(settings.propagators, logger), database);
}

function resourceOf({ resourceAttributes, serviceName }: TraceSettings) {
  const name = serviceName ?? resourceAttributes.get('service.name') ?? SERVICE_NAME;
  return defaultResource().merge(
    resourceFromAttributes({
      'service.version': PACKAGE_VERSION,
      ...Object.fromEntries(resourceAttributes),
      'service.name': name,
    }),
  );
}

function samplerOf({ sampler, samplerShare }: TraceSettings): Sampler {
  switch (sampler) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(samplerShare);
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(samplerShare) });
  }
}

/** A collector that is away is one warning: its failures come every few seconds. */
function sayOnce(logger: AppLogger): void {
  let isSaid = false;
  setGlobalErrorHandler((error) => {
    if (isSaid) logger.debug('Spans could not be sent', { error });
    else logger.warn('Spans could not be sent to the collector; requests are served all the same');
    isSaid = true;
  });
}
