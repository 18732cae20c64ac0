import { host } from '../parsers/network.js';
import { integer } from '../parsers/scalars.js';
import type { Reader } from '../reader.js';
import { variable, type ValuesOf } from '../variable.js';

export const metrics = {
  port: variable({
    name: 'METRICS_PORT',
    parser: integer(0, 65_535),
    default: '9464',
    description:
      'Port of the metrics, `GET /metrics` in the text format of Prometheus; 0 turns them off. If ' +
      'another process has the default port, the service starts without metrics; if it has a port ' +
      'that was set, the start fails.',
  }),
  host: variable({
    name: 'METRICS_HOST',
    parser: host,
    default: '127.0.0.1',
    description:
      'Address to listen on for the metrics. They need no key: open them to Prometheus only.',
  }),
};

/** The settings, and whether the port was chosen. */
export function metricsSettings(reader: Reader): ValuesOf<typeof metrics> & { isPortSet: boolean } {
  return { ...reader.readAll(metrics), isPortSet: reader.isGiven(metrics.port) };
}
