import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Settings } from '../../config/settings.js';
import { systemCode } from '../../common/errors/system-code.js';
import type { AppLogger } from '../app-logger.js';
import type { MetricsSource } from '../meter.js';

const TEXT_FORMAT = 'text/plain; version=0.0.4; charset=utf-8';
const PATH = '/metrics';

/** The port of the metrics was chosen, and cannot be had; the message names the setting. */
export class MetricsPortError extends Error {
  override readonly name = 'MetricsPortError';
}

/**
 * Serves `GET /metrics` on a port of its own, without a key. A port that cannot be had is a warning
 * where it is the default one, which another service of this host may have.
 *
 * @returns null where the port cannot be had
 * @throws MetricsPortError where METRICS_PORT was set
 */
export async function serveMetrics(
  source: Pick<MetricsSource, 'text'>,
  { port, host, isPortSet }: Settings['metrics'],
  logger: AppLogger,
): Promise<Server | null> {
  const server = createServer((request, response) => {
    void answer(source, request, response, logger);
  });
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    const why = reasonOf(error, port);
    if (isPortSet) throw new MetricsPortError(why);
    logger.warn(`No metrics: ${why}`);
    return null;
  }
  // What asks for metrics keeps nothing alive.
  server.unref();
  return server;
}

async function answer(
  source: Pick<MetricsSource, 'text'>,
  request: IncomingMessage,
  response: ServerResponse,
  logger: AppLogger,
): Promise<void> {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cache-Control', 'no-store');
  if (request.url?.split('?')[0] !== PATH) {
    plain(response, 404, 'Not found: metrics are at /metrics\n');
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    plain(response, 405, 'Metrics are read with GET\n');
    return;
  }
  try {
    const text = await source.text();
    response.setHeader('Content-Type', TEXT_FORMAT);
    response.end(request.method === 'HEAD' ? undefined : text);
  } catch (error) {
    logger.error('The metrics could not be read', { error });
    plain(response, 500, 'The metrics could not be read\n');
  }
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(text);
}

function reasonOf(error: unknown, port: number): string {
  const code = systemCode(error);
  if (code === 'EADDRINUSE') return `METRICS_PORT ${String(port)} is in use by another process`;
  if (code === 'EACCES') {
    return `METRICS_PORT ${String(port)} needs rights that this process lacks`;
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return 'METRICS_HOST is not an address of this machine';
  }
  return `METRICS_PORT ${String(port)} cannot be listened on`;
}
