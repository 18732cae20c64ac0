import { apiKeys } from '../parsers/api-keys.js';
import { headerNames, host, hostNames, origins, trustProxy } from '../parsers/network.js';
import { boolean, byteSize, integer, seconds } from '../parsers/scalars.js';
import { optionalList, variable } from '../variable.js';

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
  keys: optionalList({
    name: 'API_KEYS',
    parser: apiKeys,
    secret: true,
    guards: true,
    unset: 'no keys: everybody is one owner',
    inFile: 'File with the pairs of API_KEYS, one a line, instead of API_KEYS.',
    description:
      'Keys of the callers, as name:key pairs separated by commas. Each name owns its own ' +
      'conversations; the name `default` owns those made before there were keys.',
  }),
  corsOrigins: variable({
    name: 'CORS_ORIGINS',
    parser: origins,
    default: '*',
    description: 'Origins whose pages may call the API, separated by commas, or * for all.',
  }),
  corsHeaders: optionalList({
    name: 'CORS_HEADERS',
    parser: headerNames,
    unset: 'those that clients and tracing tools send',
    example: 'X-Tenant,X-Feature',
    description:
      'Further request headers that pages of those origins may send, separated by commas.',
  }),
  allowedHosts: optionalList({
    name: 'ALLOWED_HOSTS',
    parser: hostNames,
    unset: 'loopback names and IP addresses',
    example: 'chat.example.com,chat',
    description:
      'Names by which a service without API_KEYS may be called, beside loopback names and IP ' +
      'addresses; separated by commas, without port. Others are 403: a foreign page can point a ' +
      'name of its own at this service. `*.example.com` is every name below it, `*` any name.',
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
  keepAliveMs: variable({
    name: 'KEEP_ALIVE_TIMEOUT',
    parser: seconds({ min: 'positive', max: 86_400 }),
    default: '65',
    description:
      'How long an idle connection is kept, in seconds. Set it above the time that a load ' +
      'balancer keeps its own, so that it never sends a request into one that is closing.',
  }),
  maxChatBody: variable({
    name: 'MAX_CHAT_BODY',
    parser: byteSize({ min: 256 * 1024, max: 1024 ** 3 }),
    default: '16MiB',
    description: 'Largest body of a chat request. Other bodies have 256 KiB.',
  }),
};
