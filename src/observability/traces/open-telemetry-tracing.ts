import type { IncomingHttpHeaders } from 'node:http';
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
  type TextMapPropagator,
  type Tracer,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import type { TracerProvider } from '@opentelemetry/sdk-trace';
import { AppError } from '../../common/errors/app-error.js';
import { settledWithin } from '../../common/settled-within.js';
import { Tracing, type AskedModel, type RequestSpan, type TracedAnswer } from '../tracing.js';
import { requestSpan } from './request-span.js';

/** How long the end of the process waits for the last spans. */
const CLOSE_MS = 2_000;
/** Done for all generations or workers at once: no request is their cause. */
const OF_NO_REQUEST = new Set([
  'append',
  'heartbeat',
  'workers',
  'signals',
  'follow',
  'sweep',
  'ping',
  'open',
]);
const IN_PROCESS = new Set(['memory', 'file', 'sqlite']);

/** Spans of OpenTelemetry. Which span is the parent is known from the asynchronous context. */
export class OpenTelemetryTracing extends Tracing {
  private readonly contexts = new AsyncLocalStorageContextManager().enable();
  private readonly tracer: Tracer;
  private readonly storeKind: SpanKind;

  /** @param database OpenTelemetry's name of the database */
  constructor(
    private readonly provider: TracerProvider,
    private readonly propagator: TextMapPropagator,
    private readonly database: string,
  ) {
    super();
    this.tracer = provider.getTracer('ollama-chat-service');
    this.storeKind = IN_PROCESS.has(database) ? SpanKind.INTERNAL : SpanKind.CLIENT;
  }

  override request(method: string, target: string, headers: IncomingHttpHeaders): RequestSpan {
    const parent = this.propagator.extract(ROOT_CONTEXT, headers, HEADERS);
    const attributes = { 'http.request.method': method, 'url.path': target, 'url.scheme': 'http' };
    const span = this.tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
    const inSpan = trace.setSpan(parent, span);
    return requestSpan(span, method, (work) => this.contexts.with(inSpan, work));
  }

  override async modelCall<T extends TracedAnswer>(
    asked: AskedModel,
    run: () => Promise<T>,
  ): Promise<T> {
    const { provider, model, maxTokens, temperature, topP } = asked;
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': provider,
      'gen_ai.request.model': model,
      'gen_ai.request.max_tokens': maxTokens,
      'gen_ai.request.temperature': temperature,
      'gen_ai.request.top_p': topP,
    };
    return this.within(`chat ${model}`, SpanKind.CLIENT, attributes, async (span) => {
      const answer = await run();
      span.setAttribute('gen_ai.response.finish_reasons', [answer.finishReason]);
      if (answer.usage) {
        const { promptTokens, completionTokens } = answer.usage;
        if (promptTokens !== null) span.setAttribute('gen_ai.usage.input_tokens', promptTokens);
        if (completionTokens !== null)
          span.setAttribute('gen_ai.usage.output_tokens', completionTokens);
      }
      return answer;
    });
  }

  override storeOperation<T>(operation: string, run: () => Promise<T>): Promise<T> {
    const parent = trace.getSpan(this.contexts.active());
    // A response that has ended has no more children.
    if (!parent?.isRecording() || OF_NO_REQUEST.has(operation)) return run();
    const attributes = { 'db.system.name': this.database, 'db.operation.name': operation };
    return this.within(operation, this.storeKind, attributes, run);
  }

  override addHeaders(headers: string[]): void {
    this.propagator.inject(this.contexts.active(), headers, {
      set: (all: string[], name, value) => {
        all.push(name, value);
      },
    });
  }

  override keptContext(): <T>(work: () => T) => T {
    const context = this.contexts.active();
    return (work) => this.contexts.with(context, work);
  }

  override async close(): Promise<void> {
    await settledWithin(
      this.provider.shutdown().catch(() => undefined),
      CLOSE_MS,
    );
  }

  private async within<T>(
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    run: (span: Span) => Promise<T>,
  ): Promise<T> {
    const parent = this.contexts.active();
    const span = this.tracer.startSpan(name, { kind, attributes }, parent);
    try {
      return await this.contexts.with(trace.setSpan(parent, span), () => run(span));
    } catch (error) {
      span.setAttribute('error.type', error instanceof AppError ? error.reason : 'internal');
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }
}

const HEADERS = {
  keys: (headers: IncomingHttpHeaders) => Object.keys(headers),
  get: (headers: IncomingHttpHeaders, name: string) => headers[name.toLowerCase()],
};
