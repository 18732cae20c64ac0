import type { ErrorReason } from '../common/errors/error-codes.js';
import type { Usage } from '../domain/conversation.js';
import type { Wire } from '../domain/wire.js';
import type { MetricSnapshot } from './metric-snapshot.js';

/** A response that has ended, or whose client has left. */
export interface ServedRequest {
  method: string;
  /** The pattern of its route; undefined: no route matched. */
  route: string | undefined;
  status: number;
  seconds: number;
  /** Of the error that the client was told, in the response or at the end of a stream. */
  reason: ErrorReason | undefined;
}

/** `refused`: before the model was asked. */
export type GenerationOutcome = 'completed' | 'cancelled' | 'failed' | 'refused';

/** How a turn went, once it is over. Times are seconds; null where there was no such time. */
export interface EndedTurn {
  wire: Wire;
  /** The model server: `ollama`. */
  provider: string;
  /** In the form in which its server compares names. */
  model: string;
  /** Whether the model server has the model: another name is no label. */
  isListed: boolean;
  outcome: GenerationOutcome;
  /** Of a failure. */
  reason: string | null;
  /** From the request to the model until its end. */
  duration: number | null;
  /** From the request to the model until its first chunk. */
  toFirstChunk: number | null;
  /** Mean time of a chunk after the first. */
  perChunk: number | null;
  usage: Usage | null;
}

/** What is read when metrics are asked for, and costs nothing before. */
export interface Gauges {
  running: number;
  queued: number;
  readers: number;
  /** 0 or 1. */
  storeUp: number;
  idleConnections: number;
  usedConnections: number;
}

/**
 * What features report. Nothing is reported for a token: an answer is reported once, at its end. No
 * method throws.
 */
export abstract class Meter {
  abstract requestServed(request: ServedRequest): void;
  abstract turnEnded(turn: EndedTurn): void;
  /** From the claim until the generation may run; 0 for one that does not wait. */
  abstract queueWaited(seconds: number): void;
  /** From the request until the first event of its stream is written. */
  abstract firstTokenSent(wire: Wire, seconds: number): void;
  /** @param operation the method of the store's port */
  abstract storeOperation(operation: string, seconds: number): void;
  /** Says how gauges are read. */
  abstract gauges(read: Partial<{ [Name in keyof Gauges]: () => number }>): void;
}

/** Where metrics are read. */
export abstract class MetricsSource {
  /** Prometheus text format 0.0.4. */
  abstract text(): Promise<string>;
  abstract snapshot(): Promise<MetricSnapshot>;
}

/** Metrics that are off. */
export class SilentMeter extends Meter {
  override requestServed(): void {
    // Nobody asks.
  }
  override turnEnded(): void {
    // Nobody asks.
  }
  override queueWaited(): void {
    // Nobody asks.
  }
  override firstTokenSent(): void {
    // Nobody asks.
  }
  override storeOperation(): void {
    // Nobody asks.
  }
  override gauges(): void {
    // Nobody asks.
  }
}
