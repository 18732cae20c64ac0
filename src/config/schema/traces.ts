import { headers } from '../parsers/headers.js';
import { attributes, collectorUrl, propagators, serviceName } from '../parsers/traces.js';
import { boolean, decimal, oneOf } from '../parsers/scalars.js';
import { optional, optionalList, optionalMap, variable, type ValuesOf } from '../variable.js';

export const traces = {
  endpoint: optional({
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    parser: collectorUrl,
    unset: 'no traces',
    example: 'http://localhost:4318',
    description:
      'Address of a collector of OpenTelemetry that traces are sent to, as http/protobuf to ' +
      '`/v1/traces` below it.',
  }),
  tracesEndpoint: optional({
    name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    parser: collectorUrl,
    unset: 'below OTEL_EXPORTER_OTLP_ENDPOINT',
    example: 'http://localhost:4318/v1/traces',
    description: 'The whole address that traces are sent to.',
  }),
  disabled: variable({
    name: 'OTEL_SDK_DISABLED',
    parser: boolean,
    default: 'false',
    description: 'Whether there are no traces, wherever they would be sent.',
  }),
  serviceName: optional({
    name: 'OTEL_SERVICE_NAME',
    parser: serviceName,
    unset: 'ollama-chat-service',
    description: 'Name of the service in traces.',
  }),
  resourceAttributes: optionalMap({
    name: 'OTEL_RESOURCE_ATTRIBUTES',
    parser: attributes,
    example: 'deployment.environment.name=production,service.namespace=chat',
    description: 'Attributes of the service in traces.',
  }),
  headers: optionalList({
    name: 'OTEL_EXPORTER_OTLP_HEADERS',
    parser: headers,
    secret: true,
    description: 'Headers of the requests to the collector: Name=value,Name=two%20words.',
  }),
  sampler: variable({
    name: 'OTEL_TRACES_SAMPLER',
    parser: oneOf({
      always_on: 'always_on',
      always_off: 'always_off',
      traceidratio: 'traceidratio',
      parentbased_always_on: 'parentbased_always_on',
      parentbased_always_off: 'parentbased_always_off',
      parentbased_traceidratio: 'parentbased_traceidratio',
    }),
    default: 'parentbased_always_on',
    description:
      'Which requests are traced. With `parentbased_` the caller decides, where it sends a trace.',
  }),
  samplerShare: variable({
    name: 'OTEL_TRACES_SAMPLER_ARG',
    parser: decimal(0, 1),
    default: '1',
    description: 'The share of requests that a sampler with `traceidratio` takes.',
  }),
  propagators: variable({
    name: 'OTEL_PROPAGATORS',
    parser: propagators,
    default: 'tracecontext,baggage',
    description:
      'Headers in which a trace comes and goes on to the model server: `tracecontext` and ' +
      '`baggage`, or `none`. Other names are ignored with a warning.',
  }),
};

/** Where traces are sent, null if they are off, and how. */
export function tracesSettings({
  endpoint,
  tracesEndpoint,
  disabled,
  ...rest
}: ValuesOf<typeof traces>) {
  const below = endpoint === null ? null : `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  return { url: disabled ? null : (tracesEndpoint ?? below), ...rest };
}
