import { apiKeys } from '../parsers/api-keys.js';
import { headerNames, host, hostNames, origins, trustProxy } from '../parsers/network.js';
import { boolean, byteSize, integer, oneOf, seconds } from '../parsers/scalars.js';
import { optional, optionalList, variable } from '../variable.js';

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
    description: 'Port to listen on; 0 selects a free one.',
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
    description:
      'Number of worker processes on the port. More than one needs the database storage.',
  }),
  keys: optionalList({
    name: 'API_KEYS',
    parser: apiKeys,
    secret: true,
    guards: true,
    unset: 'no keys: all clients share one history',
    inFile: 'File with the name:key pairs, one per line, instead of API_KEYS.',
    description:
      'API keys, as name:key pairs separated by commas. Each name has its own conversations; the ' +
      'name `default` has those that were created without keys.',
  }),
  auth: optional({
    name: 'API_AUTH',
    parser: oneOf({ required: 'required' }),
    guards: true,
    unset: 'a key is required once there is one',
    example: 'required',
    description:
      '`required`: every route but health and documentation needs an API key, also while there is ' +
      'none. It is so without this, too, as soon as API_KEYS or OIDC_ISSUER is set or a key was made ' +
      'with `npm run keys`.',
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
    unset: 'the headers of common clients and tracing tools',
    example: 'X-Tenant,X-Feature',
    description:
      'Additional request headers that pages of these origins may send, separated by commas.',
  }),
  allowedHosts: optionalList({
    name: 'ALLOWED_HOSTS',
    parser: hostNames,
    unset: 'loopback names and IP addresses',
    example: 'chat.example.com,chat',
    description:
      'Host names of a service that needs no API keys, in addition to loopback names and IP addresses; ' +
      'separated by commas, without port. Requests with other names are 403, which prevents DNS ' +
      'rebinding by foreign web pages. `*.example.com` allows all its subdomains, `*` any name.',
  }),
  trustProxy: variable({
    name: 'TRUST_PROXY',
    parser: trustProxy,
    default: 'false',
    description:
      'Proxies whose X-Forwarded-For is trusted: their number, their addresses and subnets, or ' +
      '`private` for private networks and this host. A client with a trusted address can pretend ' +
      'to be any other client. With `private` this includes every machine and container of the ' +
      'network: if others can reach the port, give the address of the proxy instead.',
  }),
  keepAliveMs: variable({
    name: 'KEEP_ALIVE_TIMEOUT',
    parser: seconds({ min: 'positive', max: 86_400 }),
    default: '65',
    description:
      'How long an idle connection stays open, in seconds. Set it above the idle timeout of a ' +
      'load balancer, so that the balancer never uses a connection that the service is closing.',
  }),
  maxChatBody: variable({
    name: 'MAX_CHAT_BODY',
    parser: byteSize({ min: 256 * 1024, max: 1024 ** 3 }),
    default: '16MiB',
    description:
      'Largest body of a chat request, without its images. The limit of other bodies is 256 KiB.',
  }),
};
