import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { hasBody } from './body/receive-body.js';

/** Requests that wait behind the one in progress; clients that pipeline send only a few. */
const MOST_WAITING = 16;
/**
 * Their bodies wait in memory. At 16 KiB of a body, Node would stop reading and not detect a
 * disconnect.
 */
const WAITING_BODY_BYTES = 8 * 1024;
/** Bytes that are discarded while a connection closes; with more, it is destroyed. */
const MOST_DISCARDED_BYTES = 1024 * 1024;

/** Anything but Node's 0, 1 and 2 makes its parser stop where it is, in the middle of a packet. */
const STOP_PARSING = -1;

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/**
 * The pipelined requests of one connection, served one after the other. Node emits all pipelined
 * requests at once, thousands from a single packet, and a response that is not the first is not
 * informed when its client disconnects. Here a few wait after parsing; the first one above the
 * limit is answered in its turn and closes the connection. Nothing after it is parsed.
 */
export class ConnectionPipeline {
  private current: Exchange | null = null;
  private readonly waiting: Exchange[] = [];
  private bytesBeforeEnd: number | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly serve: RequestListener,
  ) {}

  /** A completely received request is being served: later bytes do not belong to it. */
  get busy(): boolean {
    return this.current?.request.complete === true;
  }

  /** Too many requests were sent ahead: no more are accepted. */
  get full(): boolean {
    return this.bytesBeforeEnd !== null;
  }

  add(request: IncomingMessage, response: ServerResponse): void {
    const exchange = { request, response };
    if (this.current === null) this.begin(exchange);
    else if (!this.full) this.enqueue(exchange);
  }

  /**
   * Bytes arrived that are not read any more; a connection that continues to send them is
   * destroyed.
   */
  discard(): void {
    this.bytesBeforeEnd ??= this.socket.bytesRead;
    if (this.socket.bytesRead - this.bytesBeforeEnd > MOST_DISCARDED_BYTES) this.socket.destroy();
  }

  private begin(exchange: Exchange): void {
    const { request, response } = exchange;
    this.current = exchange;
    response.on('close', this.next);
    // It was idle since it was opened until now.
    if (this.socket.timeout) this.socket.setTimeout(0);
    if (request.complete || !hasBody(request)) this.serve(request, response);
    // The rest of this packet is parsed first: most bodies are then complete and can be read at
    // once.
    else setImmediate(this.serveCurrent);
  }

  private readonly serveCurrent = (): void => {
    if (!this.current || !this.socket.writable) return;
    const { request, response } = this.current;
    this.serve(request, response);
  };

  private enqueue(exchange: Exchange): void {
    if (this.waiting.length === MOST_WAITING || !hasSmallBody(exchange.request)) {
      tooFarAhead.add(exchange.request);
      this.bytesBeforeEnd = this.socket.bytesRead;
    }
    this.waiting.push(exchange);
  }

  /** The response is complete, or its connection was closed. */
  private readonly next = (): void => {
    this.current = null;
    if (!this.socket.writable) this.waiting.length = 0;
    const exchange = this.waiting.shift();
    if (exchange) this.begin(exchange);
  };
}

function hasSmallBody({ headers }: IncomingMessage): boolean {
  if (headers['transfer-encoding'] !== undefined) return false;
  return Number(headers['content-length'] ?? 0) <= WAITING_BODY_BYTES;
}

const tooFarAhead = new WeakSet<IncomingMessage>();

/** Whether this is the request at which its connection had sent too much ahead. */
export function isTooFarAhead(request: IncomingMessage): boolean {
  return tooFarAhead.has(request);
}

const PIPELINE = Symbol('pipeline of a connection');

/** The pipeline of a connection; undefined where the server does not have it. */
export function pipelineOf(socket: object): ConnectionPipeline | undefined {
  const pipeline: unknown = Reflect.get(socket, PIPELINE);
  return pipeline instanceof ConnectionPipeline ? pipeline : undefined;
}

/** Serves the requests of `server`, one at a time per connection. */
export function serveOneAtATime(server: Server, serve: RequestListener): void {
  server.on('connection', (socket) => {
    const pipeline = new ConnectionPipeline(socket, serve);
    Reflect.set(socket, PIPELINE, pipeline);
    stopParsingWhenFull(socket, pipeline);
  });
  const take: RequestListener = (request, response) => {
    const pipeline = pipelineOf(request.socket);
    if (pipeline) pipeline.add(request, response);
    else serve(request, response);
  };
  server.on('request', take);
  // `100 Continue` is sent when the body is read, because only then it is known whether the body is
  // needed.
  server.on('checkContinue', take);
  // Node's own answer to an expectation that it does not know is a 417 without a body.
  server.on('checkExpectation', take);
}

type OnIncoming = (request: IncomingMessage, keepAlive: boolean) => number;

/**
 * Node has no public way to stop at a request: a packet of 64 KiB can contain thousands of them.
 * Its parser calls `onIncoming` for each, and stops with an error if that returns an unknown
 * number.
 */
function stopParsingWhenFull(socket: Socket, pipeline: ConnectionPipeline): void {
  const parser: unknown = Reflect.get(socket, 'parser');
  if (!hasOnIncoming(parser)) return;
  const { onIncoming } = parser;
  parser.onIncoming = (request, keepAlive) => {
    const verdict = onIncoming(request, keepAlive);
    return pipeline.full ? STOP_PARSING : verdict;
  };
}

function hasOnIncoming(parser: unknown): parser is { onIncoming: OnIncoming } {
  return (
    typeof parser === 'object' &&
    parser !== null &&
    'onIncoming' in parser &&
    typeof parser.onIncoming === 'function'
  );
}
