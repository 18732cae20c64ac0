import { once } from 'node:events';
import { connect } from 'node:net';
import request from 'supertest';
import { startEdgeApp, type EdgeApp } from './http-edge-app.js';
import type { SettingsOverrides } from './settings.js';

/** The edge of the running suite; see `use`. */
export let edge: EdgeApp;

/** Runs the edge with these settings around the tests of the describe block it stands in. */
export const use = (overrides: SettingsOverrides = {}): void => {
  beforeAll(async () => {
    edge = await startEdgeApp(overrides);
  });
  afterAll(async () => {
    await edge.app.close();
  });
};

/** supertest on the running edge. */
export const api = (): ReturnType<typeof request> => request(edge.url);
/** Posts `body` as it is. */
export const post = (
  path: string,
  body: string | Buffer,
  type = 'application/json',
): request.Test => {
  const asIs = (sent: unknown): string => sent as string;
  return api().post(path).serialize(asIs).set('Content-Type', type).send(asIs(body));
};

/** Bytes in, bytes out, until the server closes the connection. */
export async function raw(text: string): Promise<string> {
  const socket = connect(edge.port, '127.0.0.1');
  socket.setEncoding('utf8');
  let received = '';
  socket.on('data', (chunk: string) => (received += chunk));
  socket.on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  return received;
}

/** What `probe` gives once it gives something; the test's own time limit ends the waiting. */
export async function eventually<T>(probe: () => T | undefined): Promise<T> {
  for (;;) {
    const found = probe();
    if (found !== undefined) return found;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
