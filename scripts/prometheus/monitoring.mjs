import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What an operator's Prometheus and Grafana are given. */
export const MONITORING = resolve(import.meta.dirname, '../../docker/monitoring');

/** Of the dashboard. @type {{ title: string, targets?: { expr: string }[] }[]} */
export const PANELS = JSON.parse(
  readFileSync(join(MONITORING, 'grafana/dashboards/chat.json'), 'utf8'),
).panels;

/**
 * The configuration for a service on this host.
 *
 * @param {number | string} port of its metrics
 * @param {string} every how often they are read: `1s`
 */
export function configFor(port, every) {
  return readFileSync(join(MONITORING, 'prometheus.yml'), 'utf8')
    .replace('chat:9464', `127.0.0.1:${port}`)
    .replace('alerts.yml', join(MONITORING, 'alerts.yml'))
    .replaceAll('15s', every);
}

/** A query of the dashboard as Grafana sends it, over 10 s, for all processes and models. @param {string} expr */
export function asSent(expr) {
  return expr.replaceAll('$__rate_interval', '10s').replaceAll(/\$(instance|model)/g, '.*');
}
