import type { Registry } from 'prom-client';
import { PACKAGE_VERSION } from '../../openapi/package-version.js';
import { Counter, Gauge, Histogram } from './library.js';

/** Bounds of buckets, in seconds; those of the GenAI metrics are OpenTelemetry's. */
const HTTP_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const DATABASE_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
const DURATION_SECONDS = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const FIRST_CHUNK_SECONDS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
const CHUNK_SECONDS = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5];
const TOKENS = [
  1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
  67_108_864,
];
const WAIT_SECONDS = [0.005, 0.05, 0.25, 1, 2.5, 5, 10, 30, 60, 120, 300];
const FIRST_TOKEN_SECONDS = [...FIRST_CHUNK_SECONDS, 20, 40];

const GEN_AI = ['gen_ai_operation_name', 'gen_ai_provider_name', 'gen_ai_request_model'] as const;
const GEN_AI_DURATION = [...GEN_AI, 'error_type'] as const;
const GEN_AI_USAGE = [...GEN_AI, 'gen_ai_token_type'] as const;
const HTTP = ['http_request_method', 'http_route', 'http_response_status_code'] as const;
const DATABASE = ['db_system_name', 'db_operation_name'] as const;

export type Instruments = ReturnType<typeof instruments>;

/** The metrics of a process that serves. They are in `registry` from now on. */
export function instruments(registry: Registry) {
  const make = makers(registry);
  return { ...modelMetrics(make), ...serviceCounts(make) };
}

/** Makes metrics of a registry. */
function makers(registry: Registry) {
  const to = { registers: [registry] };
  return {
    histogram: <const Label extends string>(
      name: string,
      help: string,
      buckets: number[],
      labelNames: readonly Label[],
    ) => new Histogram<Label>({ name, help, buckets, labelNames: [...labelNames], ...to }),
    counter: <const Label extends string>(
      name: string,
      help: string,
      labelNames: readonly Label[],
    ) => new Counter<Label>({ name, help, labelNames: [...labelNames], ...to }),
  };
}

/** Of questions to models, as OpenTelemetry names them. */
function modelMetrics({ histogram }: ReturnType<typeof makers>) {
  return {
    operations: histogram(
      'gen_ai_client_operation_duration_seconds',
      'From the request to the model until the end of its answer.',
      DURATION_SECONDS,
      GEN_AI_DURATION,
    ),
    firstChunks: histogram(
      'gen_ai_client_operation_time_to_first_chunk_seconds',
      'From the request to the model until the first chunk of its answer.',
      FIRST_CHUNK_SECONDS,
      GEN_AI,
    ),
    chunks: histogram(
      'gen_ai_client_operation_time_per_output_chunk_seconds',
      'Mean time of a chunk after the first, once an answer.',
      CHUNK_SECONDS,
      GEN_AI,
    ),
    tokens: histogram(
      'gen_ai_client_token_usage',
      'Tokens of a prompt (input) and of an answer (output), as the model counted them.',
      TOKENS,
      GEN_AI_USAGE,
    ),
  };
}

/** Of requests, turns and the store. */
function serviceCounts({ histogram, counter }: ReturnType<typeof makers>) {
  return {
    requests: histogram(
      'http_server_request_duration_seconds',
      'Duration of requests; a stream counts when it ends.',
      HTTP_SECONDS,
      HTTP,
    ),
    generations: counter('chat_generations_total', 'Turns by how they went.', [
      'wire',
      'provider',
      'model',
      'outcome',
    ]),
    queueWait: histogram(
      'chat_queue_wait_seconds',
      'How long generations waited for their turn.',
      WAIT_SECONDS,
      [],
    ),
    firstToken: histogram(
      'chat_first_token_seconds',
      'From a request for a stream until its first event is written.',
      FIRST_TOKEN_SECONDS,
      ['wire'],
    ),
    errors: counter('chat_errors_total', 'Errors that clients were told.', ['code', 'reason']),
    limited: counter('chat_limited_total', 'Requests that a limit refused.', ['reason']),
    database: histogram(
      'db_client_operation_duration_seconds',
      "Duration of the store's operations, waiting and retries included.",
      DATABASE_SECONDS,
      DATABASE,
    ),
  };
}

/** A gauge that is read when metrics are asked for. */
export function gauge(
  registry: Registry,
  { name, help, aggregator = 'sum' }: { name: string; help: string; aggregator?: 'sum' | 'min' },
  read: () => number,
): void {
  new Gauge({
    name,
    help,
    aggregator,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

/** Connections to the database by what they do. */
export function connectionGauge(
  registry: Registry,
  read: () => { idle: number; used: number },
): void {
  new Gauge({
    name: 'db_client_connection_count',
    help: 'Open connections to the database.',
    labelNames: ['db_client_connection_state'],
    registers: [registry],
    collect() {
      for (const [state, count] of Object.entries(read())) {
        this.set({ db_client_connection_state: state }, count);
      }
    },
  });
}

/**
 * What a process says of its workers: one that serves alone is its only worker.
 *
 * @param workers how many there are
 */
export function serviceMetrics(registry: Registry, workers: () => number): { deaths: Counter } {
  const info = new Gauge({
    name: 'chat_build_info',
    help: 'Versions of the service and of Node; always 1.',
    labelNames: ['version', 'node_version'],
    aggregator: 'first',
    registers: [registry],
  });
  info.set({ version: PACKAGE_VERSION, node_version: process.versions.node }, 1);
  gauge(registry, { name: 'chat_workers', help: 'Processes that serve.' }, workers);
  const deaths = new Counter({
    name: 'chat_worker_deaths_total',
    help: 'Workers that ended without being asked to.',
    registers: [registry],
  });
  return { deaths };
}
