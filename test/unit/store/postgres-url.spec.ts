import { endpointsOf } from '../../../src/store/typeorm/postgres/postgres-url.js';

/** PGHOST is set, so that no socket is looked for. */
const DEFAULTS = { host: 'from-environment', user: 'me' };

/** What makes the driver use no TLS on a socket. */
const PLAIN = 'sslmode=disable&uselibpqcompat=true';

const urls = (url: string) => endpointsOf(url, DEFAULTS).map((endpoint) => endpoint.url);

describe('the endpoints to PostgreSQL', () => {
  it.each([
    ['postgresql://u:p%40@db:5433/chat', ['postgresql://u:p%40@db:5433/chat?']],
    ['postgresql://db/chat', ['postgresql://db/chat?user=me']],
    ['postgresql:///chat', ['postgresql:///chat?user=me']],
    ['postgresql://u@/chat?host=/run/pg', [`postgresql://u@/chat?host=%2Frun%2Fpg&${PLAIN}`]],
    [
      'postgresql://u@%2Frun%2Fpg:5433/chat?application_name=x',
      [`postgresql://u@/chat?application_name=x&host=%2Frun%2Fpg&port=5433&${PLAIN}`],
    ],
    ['postgresql://u@[::1]:5433/chat', ['postgresql://u@[::1]:5433/chat?']],
    [
      'postgresql://u@a,b:5433/chat?target_session_attrs=read-write',
      ['postgresql://u@a/chat?', 'postgresql://u@b:5433/chat?'],
    ],
    [
      'postgresql://u@/chat?host=a,/run/pg&port=1,2',
      ['postgresql://u@a:1/chat?', `postgresql://u@/chat?host=%2Frun%2Fpg&port=2&${PLAIN}`],
    ],
    [
      'postgresql://u@a:1/chat?host=b,c&port=3',
      ['postgresql://u@b:3/chat?', 'postgresql://u@c:3/chat?'],
    ],
    ['postgresql://u@a?dbname=my%20chat', ['postgresql://u@a/my%20chat?']],
  ])('for %s are %j', (url, expected) => {
    expect(urls(url)).toEqual(expected);
  });

  it('name no user where neither the URL nor the machine does', () => {
    const [endpoint] = endpointsOf('postgresql://db/chat', { ...DEFAULTS, user: null });
    expect(endpoint?.url).toBe('postgresql://db/chat?');
  });

  it('try TLS as sslmode says, host by host, and never on a socket', () => {
    const endpoints = endpointsOf(
      'postgresql://u@a,b/chat?host=a,/run/pg&sslmode=prefer',
      DEFAULTS,
    );
    expect(endpoints.map(({ host, url }) => [host, /sslmode=(.*?)&/.exec(url)?.[1]])).toEqual([
      [0, 'require'],
      [0, 'disable'],
      [1, 'disable'],
    ]);
  });

  it('take hosts in any order where the load is to be balanced', () => {
    const url = 'postgresql://u@a,b,c/chat?load_balance_hosts=random';
    expect(urls(url).sort()).toEqual(['a', 'b', 'c'].map((host) => `postgresql://u@${host}/chat?`));
  });

  it.each([
    ['sslmode=yes', /sslmode is one of disable/],
    ['service=chat', /service files are not read; write host/],
    ['passfile=/secret', /PGPASSFILE/],
    ['hostaddr=10.0.0.1', /write the address as the host/],
    ['target_session_attrs=standby', /this service writes/],
    ['target_session_attrs=prefer-standby', /any, read-write, primary/],
  ])('end the start for %s, with what to do', (parameter, message) => {
    expect(() => urls(`postgresql://u:hunter2@db/chat?${parameter}`)).toThrow(message);
    expect(() => urls(`postgresql://u:hunter2@db/chat?${parameter}`)).toThrow(/^HISTORY_DB_URL: /);
    expect(() => urls(`postgresql://u:hunter2@db/chat?${parameter}`)).not.toThrow(/hunter2|secret/);
  });
});
