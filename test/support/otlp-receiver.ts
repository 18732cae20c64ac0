import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A span as a collector receives it. */
export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  /** Empty for none. */
  parentId: string;
  name: string;
  /** `internal`, `server`, `client`, … */
  kind: string;
  attributes: Record<string, unknown>;
  isError: boolean;
  /** Attributes of the service. */
  resource: Record<string, unknown>;
}

/**
 * A collector: it takes traces of OTLP over HTTP as protobuf, and keeps their spans. The messages are
 * read by the numbers of their fields, as opentelemetry-proto has them.
 */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly headers: Record<string, unknown>[] = [];
  private arrivals: (() => void)[] = [];

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      void buffer(request).then((body) => {
        this.headers.push({ ...request.headers, url: request.url });
        this.spans.push(...spansOf(body));
        response.setHeader('Content-Type', 'application/x-protobuf');
        response.end();
        for (const arrived of this.arrivals.splice(0)) arrived();
      });
    });
  }

  static async start(): Promise<OtlpReceiver> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new OtlpReceiver(server);
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  /** The first span that is so, once it has arrived. */
  async span(is: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan> {
    for (;;) {
      const found = this.spans.find(is);
      if (found) return found;
      await new Promise<void>((resolve) => this.arrivals.push(resolve));
    }
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUS_ERROR = 2;

function spansOf(body: Buffer): ReceivedSpan[] {
  return messages(body, 1).flatMap((ofResource) => {
    const resource = messages(ofResource, 1).flatMap((one) => messages(one, 1));
    const spans = messages(ofResource, 2).flatMap((ofScope) => messages(ofScope, 2));
    return spans.map((span) => toSpan(span, attributesOf(resource)));
  });
}

function toSpan(span: Buffer, resource: Record<string, unknown>): ReceivedSpan {
  const bytes = (field: number): Buffer => messages(span, field)[0] ?? Buffer.alloc(0);
  const [status] = messages(span, 15);
  return {
    traceId: bytes(1).toString('hex'),
    spanId: bytes(2).toString('hex'),
    parentId: bytes(4).toString('hex'),
    name: bytes(5).toString(),
    kind: KINDS[numbers(span, 6)[0] ?? 0] ?? '',
    attributes: attributesOf(messages(span, 9)),
    isError: status !== undefined && numbers(status, 3)[0] === STATUS_ERROR,
    resource,
  };
}

function attributesOf(pairs: Buffer[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key] = messages(pair, 1);
      const [value] = messages(pair, 2);
      return [String(key), value && valueOf(value)];
    }),
  );
}

function valueOf(value: Buffer): unknown {
  const [field] = fieldsOf(value);
  if (!field) return undefined;
  if (field.number === 1) return field.bytes.toString();
  if (field.number === 2) return field.value === 1;
  if (field.number === 3) return field.value;
  if (field.number === 4) return field.bytes.readDoubleLE();
  if (field.number === 5) return messages(field.bytes, 1).map(valueOf);
  return undefined;
}

interface Field {
  number: number;
  /** Of a varint. */
  value: number;
  /** Of any other field. */
  bytes: Buffer;
}

const messages = (message: Buffer, number: number): Buffer[] =>
  fieldsOf(message)
    .filter((field) => field.number === number)
    .map(({ bytes }) => bytes);

const numbers = (message: Buffer, number: number): number[] =>
  fieldsOf(message)
    .filter((field) => field.number === number)
    .map(({ value }) => value);

const VARINT = 0;
const FIXED_64 = 1;
const DELIMITED = 2;
const FIXED_32 = 5;

/** The fields of a protobuf message. */
function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const take = (length: number): Buffer => message.subarray(at, (at += length));
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const type = tag % 8;
    if (type === VARINT) fields.push({ number, value: varint(), bytes: Buffer.alloc(0) });
    else if (type === FIXED_64) fields.push({ number, value: 0, bytes: take(8) });
    else if (type === DELIMITED) fields.push({ number, value: 0, bytes: take(varint()) });
    else if (type === FIXED_32) fields.push({ number, value: 0, bytes: take(4) });
    else throw new Error(`Not protobuf: wire type ${String(type)}`);
  }
  return fields;
}
