import { apiKeys } from '../parsers/api-keys.js';
import { host, origins, trustProxy } from '../parsers/network.js';
import { boolean, integer, path } from '../parsers/scalars.js';
import { optional, variable } from '../variable.js';

export const api = {
  host: variable({
    name: 'API_HOST',
    parser: host,
    default: '0.0.0.0',
    description: 'Address to listen on.',
  }),
  port: variable({
    name: 'API_PORT',
    parser: integer(0, 65_535),
    default: '8000',
    description: 'Port to listen on; 0 takes any free one.',
  }),
  debug: variable({
    name: 'API_DEBUG',
    parser: boolean,
    default: 'False',
    description:
      'Debug mode: DEBUG and text logs, unless LOG_LEVEL and LOG_FORMAT say otherwise. ' +
      'Responses never change.',
  }),
  workers: variable({
    name: 'API_WORKERS',
    parser: integer(1, 256),
    default: '1',
    description: 'Worker processes on the one port. More than one needs the database storage.',
  }),
  keys: optional({
    name: 'API_KEYS',
    parser: apiKeys,
    secret: true,
    guards: true,
    unset: 'no keys: everybody is one owner',
    description:
      'Keys of the callers, as name:key pairs separated by commas. Each name owns its own ' +
      'conversations; the name `default` owns those made before there were keys.',
  }),
  keysFile: optional({
    name: 'API_KEYS_FILE',
    parser: path('file'),
    readsFileFor: 'API_KEYS',
    guards: true,
    example: '/run/secrets/api_keys',
    description: 'File with the pairs of API_KEYS, one a line, instead of API_KEYS.',
  }),
  corsOrigins: variable({
    name: 'CORS_ORIGINS',
    parser: origins,
    default: '*',
    description: 'Origins whose pages may call the API, separated by commas, or * for all.',
  }),
  trustProxy: variable({
    name: 'TRUST_PROXY',
    parser: trustProxy,
    default: 'false',
    description:
      'Proxies whose X-Forwarded-For is believed: how many there are, their addresses and ' +
      'subnets, or `private` for private networks and this host. Who connects from a trusted ' +
      'address can pass for any client: with `private` that is every machine and container of ' +
      'the network, so name the proxy where others can reach the port.',
  }),
};
