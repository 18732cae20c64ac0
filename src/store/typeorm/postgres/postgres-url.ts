import { existsSync } from 'node:fs';
import { StoreStartError } from '../../store.js';

/** One endpoint of the database: a single host, and whether it is reached through TLS. */
export interface Endpoint {
  /** Place of its host among those of the URL. */
  readonly host: number;
  /** As the driver reads it. */
  readonly url: string;
}

/** What `sslmode` means to PostgreSQL's own clients, tried in order. */
const MODES: Record<string, readonly string[]> = {
  disable: ['disable'],
  allow: ['disable', 'require'],
  prefer: ['require', 'disable'],
  require: ['require'],
  'no-verify': ['require'],
  'verify-ca': ['verify-ca'],
  'verify-full': ['verify-full'],
};

/** Accepted values of target_session_attrs; this service writes. */
const WRITING_ATTRS = ['any', 'read-write', 'primary'];

/**
 * Parameters that PostgreSQL's own clients support and the driver does not, with the alternative.
 */
const UNKNOWN: Record<string, string> = {
  service: 'service files are not read; write host, port, user and database into it',
  passfile: 'passfile is not read; set PGPASSFILE, or write the password into it',
  hostaddr: 'hostaddr is not read; write the address as the host',
};

/** Where PostgreSQL puts its socket unless configured otherwise: Debian and Red Hat, and as built. */
const SOCKET_FOLDERS = ['/var/run/postgresql', '/tmp'];

/** The driver's defaults, from PGHOST and PGUSER if they are set. */
export interface DriverDefaults {
  host: string;
  /** Null where it is not known: the URL has to name one. */
  user: string | null;
}

interface Parts {
  userInfo: string;
  hosts: readonly Host[];
  database: string;
  parameters: URLSearchParams;
}

interface Host {
  /** A name, an address (with brackets if it is one of IPv6), a socket's folder; empty: the driver's default. */
  name: string;
  port: string;
}

/**
 * The endpoints to try, host by host, in the forms that PostgreSQL's own clients read: several
 * hosts, in the authority or in `host`, sockets as `%2F…` or in `host`, no host at all. The driver
 * by itself knows one host, verifies certificates for `sslmode=require`, knows no `allow`, and does
 * not fall back for `prefer`.
 *
 * @throws {@link StoreStartError} for values that the driver would misinterpret
 */
export function endpointsOf(url: string, defaults: DriverDefaults): Endpoint[] {
  const parts = partsOf(url, defaults);
  refuseUnknown(parts.parameters);
  const modes = sslModes(parts.parameters);
  const hosts = inOrder(parts.hosts, parts.parameters);
  return hosts.flatMap((host, index) =>
    (isSocket(host) ? ['disable'] : modes).map((mode) => ({
      host: index,
      url: urlOf(parts, host, mode),
    })),
  );
}

function partsOf(url: string, defaults: DriverDefaults): Parts {
  const [, userInfo = '', authority = '', database = '', query = ''] =
    /^[a-z]+:\/\/(?:([^@/?]*)@)?([^/?]*)\/?([^?]*)\??(.*)$/i.exec(url) ?? [];
  const parameters = new URLSearchParams(query);
  if (userInfo === '' && !parameters.has('user') && defaults.user !== null)
    parameters.set('user', defaults.user);
  const hosts = hostsOf(authority, parameters).map((host) => withDefault(host, defaults));
  return { userInfo, hosts, database, parameters };
}

/** As PostgreSQL's own clients do it: the parameters win, one port is every host's. */
function hostsOf(authority: string, parameters: URLSearchParams): Host[] {
  const names = parameters.get('host')?.split(',');
  const ports = parameters.get('port')?.split(',') ?? [];
  const written = authority.split(',').map(splitPort);
  return (names ?? written.map(({ name }) => name)).map((name, index) => {
    const port = ports[index] ?? ports[0] ?? written[index]?.port ?? '';
    return { name, port };
  });
}

function splitPort(text: string): Host {
  const [, name = '', port = ''] = /^(\[.*\]|[^:]*):?(.*)$/.exec(text) ?? [];
  return { name: decodeURIComponent(name), port };
}

/** No host means the socket of this machine, where there is one and PGHOST says nothing else. */
function withDefault(host: Host, defaults: DriverDefaults): Host {
  if (host.name !== '' || defaults.host !== 'localhost') return host;
  const socket = `.s.PGSQL.${host.port || '5432'}`;
  const folder = SOCKET_FOLDERS.find((path) => existsSync(`${path}/${socket}`));
  return { ...host, name: folder ?? '' };
}

function inOrder(hosts: readonly Host[], parameters: URLSearchParams): readonly Host[] {
  if (parameters.get('load_balance_hosts') !== 'random') return hosts;
  return hosts
    .map((host) => ({ host, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ host }) => host);
}

function isSocket({ name }: Host): boolean {
  return name.startsWith('/');
}

function sslModes(parameters: URLSearchParams): readonly (string | null)[] {
  const mode = parameters.get('sslmode');
  if (mode === null) return [null];
  const modes = MODES[mode];
  if (modes) return modes;
  throw new StoreStartError(`HISTORY_DB_URL: sslmode is one of ${Object.keys(MODES).join(', ')}`);
}

function refuseUnknown(parameters: URLSearchParams): void {
  for (const [name, remedy] of Object.entries(UNKNOWN))
    if (parameters.has(name)) throw new StoreStartError(`HISTORY_DB_URL: ${remedy}`);
  const wanted = parameters.get('target_session_attrs');
  if (wanted !== null && !WRITING_ATTRS.includes(wanted))
    throw new StoreStartError(
      'HISTORY_DB_URL: this service writes; target_session_attrs is one of ' +
        WRITING_ATTRS.join(', '),
    );
}

function urlOf({ userInfo, database, parameters }: Parts, host: Host, mode: string | null): string {
  const query = new URLSearchParams(parameters);
  for (const name of ['host', 'port', 'dbname', 'load_balance_hosts', 'target_session_attrs'])
    query.delete(name);
  if (isSocket(host)) query.set('host', host.name);
  if (isSocket(host) && host.port) query.set('port', host.port);
  if (mode !== null) {
    query.set('sslmode', mode);
    query.set('uselibpqcompat', 'true');
  }
  const address = isSocket(host) ? '' : host.name + (host.port && `:${host.port}`);
  const name = database || encodeURI(parameters.get('dbname') ?? '');
  return `postgresql://${userInfo && `${userInfo}@`}${address}/${name}?${query.toString()}`;
}
