import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadSettings } from '../../src/config/load-settings.js';
import { SECTIONS } from '../../src/config/schema/index.js';

interface Service {
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  ports?: string[];
  networks?: string[];
  volumes?: string[];
  profiles?: string[];
  entrypoint?: string[];
  command?: string[];
  healthcheck?: { test: string[] };
  stop_grace_period?: string;
  read_only?: boolean;
  cap_drop?: string[];
  cap_add?: string[];
  security_opt?: string[];
  deploy?: { resources: { limits: { memory?: string; pids?: number } } };
  secrets?: string[];
}

interface Compose {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean; ipam?: { config: unknown[] } } | null>;
  volumes: Record<string, unknown>;
}

/** The file as compose reads it in a shell that sets none of its variables. */
function compose(name: string): Compose {
  const text = readFileSync(`docker/${name}`, 'utf8');
  return parse(text.replaceAll(/(?<!\$)\$\{\w+:-([^}]*)\}/g, '$1'), { merge: true });
}

const { services, networks, volumes } = compose('compose.yaml');
const chat = services['chat']!;

/** Instructions of the Dockerfile, a line each, by stage. */
const stages = readFileSync('docker/Dockerfile', 'utf8')
  .replaceAll(/^\s*#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split(/^(?=FROM )/m)
  .slice(1)
  .map((stage) => stage.split('\n').filter(Boolean));
const image = onItsBase(stages.at(-1)!);

/** A stage behind those that it begins with. */
function onItsBase(stage: string[]): string[] {
  const base = stages.find(([from]) => from?.endsWith(` AS ${stage[0]?.split(' ')[1]}`));
  return base ? [...onItsBase(base), ...stage] : stage;
}

function instruction(name: string): string {
  return image.find((line) => line.startsWith(`${name} `)) ?? '';
}

/** The words of an exec form; a shell form is no JSON and throws. */
function execForm(line: string): string[] {
  return JSON.parse(line.slice(line.indexOf('[')));
}

describe('docker/compose.yaml', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'compose-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const settingsOf = (environment: Record<string, string>) =>
    loadSettings({ env: environment, cwd: folder });

  it('gives the service settings that it knows and starts with', () => {
    const known = SECTIONS.flatMap(({ variables }) => variables.map(({ name }) => name));
    expect(known).toEqual(expect.arrayContaining(Object.keys(chat.environment!)));

    const { settings, warnings } = settingsOf(chat.environment!);
    // Keys are the operator's to add, in docker/.env.
    expect(warnings.filter((warning) => !warning.startsWith('API_KEYS'))).toEqual([]);
    expect(settings.history).toMatchObject({
      maxConversations: 0,
      storage: { kind: 'postgres', url: 'postgresql://chat:chat@postgres:5432/chat' },
    });
    // The proxy on this host, not every container of the network.
    const [{ gateway }] = networks['edge']!.ipam!.config as [{ gateway: string }];
    expect(settings.api.trustProxy).toEqual([gateway]);
    expect(settings.ollama.baseUrl).toBe('http://ollama:11434');
  });

  it('gives a drain the time it takes', () => {
    const { shutdown } = settingsOf(chat.environment!).settings;
    const grace = Number(/^(\d+)s$/.exec(chat.stop_grace_period!)?.[1]) * 1000;
    expect(grace).toBeGreaterThanOrEqual(shutdown.delayMs + shutdown.drainMs + 10_000);
  });

  it('publishes nothing but the service and, where it is asked for, Grafana, on loopback', () => {
    const published = Object.entries(services).filter(([, service]) => service.ports);
    expect(published.map(([name]) => name)).toEqual(['chat', 'grafana']);
    expect(services['grafana']!.ports).toEqual(['127.0.0.1:3000:3000']);
    expect(chat.ports).toEqual(['127.0.0.1:8000:8000']);
    expect(services['postgres']!.networks).toEqual(['data']);
    expect(networks['data']).toEqual({ internal: true });
  });

  it('lets Prometheus read the metrics, from a network that nobody else is in', () => {
    const { host, port } = settingsOf(chat.environment!).settings.metrics;
    expect(host).toBe('0.0.0.0');
    const prometheus = parse(readFileSync('docker/monitoring/prometheus.yml', 'utf8')) as {
      scrape_configs: { static_configs: { targets: string[] }[] }[];
    };
    expect(prometheus.scrape_configs[0]?.static_configs[0]?.targets).toEqual([
      `chat:${String(port)}`,
    ]);
    const reading = Object.entries(services).filter(([, { networks: all }]) =>
      all?.includes('metrics'),
    );
    expect(reading.map(([name]) => name)).toEqual(['chat', 'prometheus', 'grafana']);
    expect(networks['metrics']).toEqual({ internal: true });
  });

  it('starts what watches the service only where it is asked for', () => {
    for (const [name, { profiles }] of Object.entries(services)) {
      const isAsked = name === 'prometheus' || name === 'grafana';
      expect(profiles).toEqual(isAsked ? ['monitoring'] : undefined);
    }
  });

  it('starts the service when the model is pulled and the database answers', () => {
    expect(chat.depends_on).toEqual({
      postgres: { condition: 'service_healthy' },
      ollama: { condition: 'service_healthy' },
      model: { condition: 'service_completed_successfully' },
    });
    const model = services['model']!;
    expect(model.environment?.['MODEL']).toBe(chat.environment!['OLLAMA_DEFAULT_MODEL']);
    expect(model.command?.join()).toContain('ollama pull "$$MODEL"');
  });

  it('watches every server and keeps their data in named volumes', () => {
    for (const name of ['chat', 'ollama', 'postgres']) {
      const service = services[name]!;
      expect(service.healthcheck?.test[0]).toBe('CMD');
      const named = service.volumes!.map((volume) => volume.split(':')[0]!);
      expect(Object.keys(volumes)).toEqual(expect.arrayContaining(named));
    }
    expect(chat.read_only).toBe(true);
  });

  it.each(Object.entries(services))(
    'bounds %s and gives it no rights to spare',
    (name, service) => {
      const { memory, pids } = service.deploy!.resources.limits;
      expect(memory).toMatch(/^\d+[mg]$/);
      expect(pids).toBeGreaterThan(0);
      expect(service.cap_drop).toEqual(['ALL']);
      expect(service.cap_add ?? []).toHaveLength(name === 'postgres' ? 5 : 0);
      expect(service.security_opt).toEqual(['no-new-privileges:true']);
      expect(service.read_only).toBe(true);
    },
  );

  it('asks its health by a file, as every engine can', () => {
    const probe = ['node', 'dist/src/health.js'];
    expect(chat.healthcheck?.test).toEqual(['CMD', ...probe]);
    // A database that restarts must not restart the service.
    expect(execForm(instruction('HEALTHCHECK'))).toEqual([...probe, 'live']);
    expect(existsSync('src/health.ts')).toBe(true);
  });

  it('takes the passwords from files with compose.secrets.yaml', () => {
    const override = compose('compose.secrets.yaml').services['chat']!;
    const secret = join(folder, 'history_db_url');
    writeFileSync(secret, 'postgresql://chat:from-a-file@postgres:5432/chat\n');
    expect(override.environment?.['HISTORY_DB_URL_FILE']).toBe('/run/secrets/history_db_url');
    const { settings } = settingsOf({
      ...chat.environment,
      ...override.environment,
      HISTORY_DB_URL_FILE: secret,
    });
    expect(settings.history.storage).toMatchObject({
      url: 'postgresql://chat:from-a-file@postgres:5432/chat',
    });
  });

  it('changes nothing but Ollama with compose.gpu.yaml', () => {
    expect(Object.keys(compose('compose.gpu.yaml').services)).toEqual(['ollama']);
  });
});

describe('docker/Dockerfile', () => {
  it('copies files that exist and that .dockerignore lets through', () => {
    const ignore = readFileSync('.dockerignore', 'utf8').split('\n');
    expect(ignore).toContain('*');
    const sources = stages
      .flat()
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(/\s+/).slice(1, -1));
    expect(sources).toEqual(expect.arrayContaining(['package.json', 'package-lock.json', 'src']));
    for (const source of sources) {
      expect({ source, exists: existsSync(source) }).toEqual({ source, exists: true });
      expect(ignore).toContain(`!${source}`);
    }
  });

  it('starts the build’s entry itself, so that SIGTERM reaches it', () => {
    const { entryFile } = JSON.parse(readFileSync('nest-cli.json', 'utf8'));
    const command = execForm(instruction('CMD'));
    expect(command[0]).toBe('node');
    expect(command.at(-1)).toBe(`dist/${entryFile}.js`);
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(command.join(' ')).toBe(scripts['start:prod']);
  });

  it('runs as a user without rights, who owns the data folder', () => {
    const [, user] = /^USER (\d+):\d+$/.exec(instruction('USER')) ?? [];
    expect(Number(user)).toBeGreaterThan(0);
    const owned = stages.flat().filter((line) => line.includes(`--owner=${user} `));
    expect(owned).toEqual([expect.stringContaining('app/data app/compile-cache ')]);
    expect(instruction('VOLUME')).toBe('VOLUME /app/data');
  });

  it('has no base: no shell, no package manager', () => {
    expect(image[0]).toBe('FROM scratch AS service');
  });

  it('keeps what Node compiled with the flags of its command, which are a part of the key', () => {
    const runs = stages
      .flat()
      .filter((line) => line.startsWith('RUN ["node"'))
      .map(execForm);
    expect(runs).toContainEqual([
      'node',
      '/tmp/compile-cache.mjs',
      ...execForm(instruction('CMD')),
    ]);
    expect(instruction('ENV')).toContain('NODE_COMPILE_CACHE=/app/compile-cache');
  });

  it('runs no script of a package that it installs', () => {
    const installs = stages.flat().filter((line) => /npm (ci|install)/.test(line));
    expect(installs).toHaveLength(2);
    for (const line of installs) expect(line).toMatch(/npm ci [^&]*--ignore-scripts/);
  });
});
