import type { Histogram, Registry } from 'prom-client';
import {
  CODE_OF_REASON,
  ERROR_REASONS,
  type ErrorReason,
} from '../../common/errors/error-codes.js';
import { SERVED_WIRES, type Wire } from '../../domain/wire.js';
import type { EndedTurn, Gauges, GenerationOutcome, ServedRequest } from '../meter.js';
import { Meter } from '../meter.js';
import { connectionGauge, gauge, instruments, type Instruments } from './instruments.js';
import { ModelLabels, OTHER } from './model-labels.js';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']);
/** OpenTelemetry's word for a method that is none of HTTP's. */
const OTHER_METHOD = '_OTHER';
const UNMATCHED = 'unmatched';
const OUTCOMES: readonly GenerationOutcome[] = ['completed', 'cancelled', 'failed', 'refused'];
const TOKEN_TYPES = ['input', 'output'] as const;

/** What its metrics are labelled with where that is known at the start. */
export interface MeterLabels {
  /** The model servers that are configured. */
  providers: readonly string[];
  /** OpenTelemetry's name of the database: `postgresql`. */
  database: string;
}

type GenAiLabels = Record<
  'gen_ai_operation_name' | 'gen_ai_provider_name' | 'gen_ai_request_model',
  string
>;

/** Counts what features report, in the metrics of prom-client. */
export class PrometheusMeter extends Meter {
  private readonly metrics: Instruments;
  private readonly models = new ModelLabels((model) => this.beginModel(model));
  private readonly read: { [Name in keyof Gauges]: () => number } = {
    running: () => 0,
    queued: () => 0,
    readers: () => 0,
    storeUp: () => 0,
    idleConnections: () => 0,
    usedConnections: () => 0,
  };

  constructor(
    registry: Registry,
    private readonly labels: MeterLabels,
  ) {
    super();
    this.metrics = instruments(registry);
    this.registerGauges(registry);
    this.beginAtZero();
  }

  override requestServed({ method, route, status, seconds, reason }: ServedRequest): void {
    this.metrics.requests.observe(
      {
        http_request_method: METHODS.has(method) ? method : OTHER_METHOD,
        http_route: route ?? UNMATCHED,
        http_response_status_code: status,
      },
      seconds,
    );
    if (reason === undefined) return;
    const code = CODE_OF_REASON[reason];
    this.metrics.errors.inc({ code, reason });
    if (code === 'RATE_LIMIT') this.metrics.limited.inc({ reason });
  }

  override turnEnded(turn: EndedTurn): void {
    const { wire, provider, outcome, duration, reason, toFirstChunk, perChunk, usage } = turn;
    const model = this.models.of(turn.model, turn.isListed);
    this.metrics.generations.inc({ wire, provider, model, outcome });
    const labels = genAi(provider, model);
    if (duration !== null) {
      this.metrics.operations.observe(
        reason === null ? labels : { error_type: reason, ...labels },
        duration,
      );
    }
    observe(this.metrics.firstChunks, labels, toFirstChunk);
    observe(this.metrics.chunks, labels, perChunk);
    observe(this.metrics.tokens, { gen_ai_token_type: 'input', ...labels }, usage?.promptTokens);
    observe(
      this.metrics.tokens,
      { gen_ai_token_type: 'output', ...labels },
      usage?.completionTokens,
    );
  }

  override queueWaited(seconds: number): void {
    this.metrics.queueWait.observe(seconds);
  }

  override firstTokenSent(wire: Wire, seconds: number): void {
    this.metrics.firstToken.observe({ wire }, seconds);
  }

  override storeOperation(operation: string, seconds: number): void {
    this.metrics.database.observe(this.ofDatabase(operation), seconds);
  }

  override gauges(read: Partial<{ [Name in keyof Gauges]: () => number }>): void {
    Object.assign(this.read, read);
  }

  private registerGauges(registry: Registry): void {
    const { read } = this;
    const running = { name: 'chat_generations_running', help: 'Generations that run.' };
    gauge(registry, running, () => read.running());
    const queued = { name: 'chat_generations_queued', help: 'Generations that wait to run.' };
    gauge(registry, queued, () => read.queued());
    const readers = { name: 'chat_readers', help: 'Responses that read an answer.' };
    gauge(registry, readers, () => read.readers());
    const up = { name: 'chat_store_up', help: 'Whether the store can be used: 0 or 1.' };
    gauge(registry, { ...up, aggregator: 'min' }, () => read.storeUp());
    connectionGauge(registry, () => ({
      idle: read.idleConnections(),
      used: read.usedConnections(),
    }));
  }

  /** A rate can be told from the first event on only if its series was there before. */
  private beginAtZero(): void {
    const { requests, errors, limited, firstToken, database } = this.metrics;
    requests.zero({
      http_request_method: 'GET',
      http_route: UNMATCHED,
      http_response_status_code: '404',
    });
    for (const reason of ERROR_REASONS) {
      const code = CODE_OF_REASON[reason];
      errors.inc({ code, reason }, 0);
      if (isLimit(reason)) limited.inc({ reason }, 0);
    }
    for (const wire of SERVED_WIRES) firstToken.zero({ wire });
    database.zero(this.ofDatabase('ping'));
    this.beginModel(OTHER);
  }

  private beginModel(model: string): void {
    const { generations, operations, firstChunks, chunks, tokens } = this.metrics;
    for (const provider of this.labels.providers) {
      const labels = genAi(provider, model);
      for (const metric of [operations, firstChunks, chunks]) metric.zero(labels);
      for (const type of TOKEN_TYPES) tokens.zero({ ...labels, gen_ai_token_type: type });
      for (const wire of SERVED_WIRES) {
        for (const outcome of OUTCOMES) generations.inc({ wire, provider, model, outcome }, 0);
      }
    }
  }

  private ofDatabase(operation: string) {
    return { db_system_name: this.labels.database, db_operation_name: operation };
  }
}

function genAi(provider: string, model: string): GenAiLabels {
  return {
    gen_ai_operation_name: 'chat',
    gen_ai_provider_name: provider,
    gen_ai_request_model: model,
  };
}

function observe<Label extends string>(
  metric: Histogram<Label>,
  labels: Partial<Record<Label, string>>,
  value: number | null | undefined,
): void {
  if (value !== null && value !== undefined) metric.observe(labels, value);
}

function isLimit(reason: ErrorReason): boolean {
  return CODE_OF_REASON[reason] === 'RATE_LIMIT';
}
