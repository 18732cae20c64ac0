import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expectHelp } from '../support/command.js';
import { ServiceProcess } from '../support/service-process.js';

const COMMAND = resolve(import.meta.dirname, '../../dist/src/health.js');

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

describe('node dist/src/health.js', () => {
  let folder: string;
  let server: Server | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'health-'));
  });
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
    rmSync(folder, { recursive: true });
  });

  const health = (env: Record<string, string>, ...args: string[]): Promise<Outcome> =>
    new Promise((settle) => {
      const options = { cwd: folder, env: { PATH: process.env['PATH'], ...env } };
      execFile(process.execPath, [COMMAND, ...args], options, (error, stdout, stderr) =>
        settle({ code: Number(error?.code ?? 0), stdout, stderr }),
      );
    });

  /** The port of a server that gives this answer, and the paths that it was asked for. */
  async function serverThat(status: number, body: string) {
    const paths: (string | undefined)[] = [];
    server = createServer((request, response) => {
      paths.push(request.url);
      response.writeHead(status).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { port: String((server.address() as AddressInfo).port), paths };
  }

  it('is 0 for a service that is ready or alive, told by the port it runs with', async () => {
    const service = await ServiceProcess.start({});
    const port = new URL(service.url).port;
    expect(await health({ API_PORT: port })).toMatchObject({
      code: 0,
      stderr: 'The service is ready: 200\n',
    });
    // Settings in files count, as they do for the service.
    writeFileSync(join(folder, 'config.yaml'), `api: {port: ${port}}`);
    expect(await health({}, 'live')).toMatchObject({
      code: 0,
      stderr: 'The service is alive: 200\n',
    });
    await service.remove();
    expect(await health({}, 'live')).toMatchObject({
      code: 1,
      stderr: `The service does not answer on port ${port}\n`,
    });
  });

  it('is 1 where it is not ready, though alive', async () => {
    const { port, paths } = await serverThat(503, '{"status":"draining"}');
    const env = { API_PORT: port, API_HOST: '127.0.0.1' };
    expect(await health(env)).toMatchObject({ code: 1, stderr: 'The service is draining: 503\n' });
    await health(env, 'live');
    expect(paths).toEqual(['/api/health/ready', '/api/health/live']);
  });

  it('is 1 with a sentence where the settings are wrong, 2 for a wrong use', async () => {
    const wrong = await health({ API_PORT: 'many' });
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('API_PORT: expected') });
    expect(wrong.stderr).not.toMatch(/ at |many/);
    for (const args of [['sideways'], ['live', 'extra'], ['ready', '']])
      expect(await health({}, ...args)).toMatchObject({
        code: 2,
        stderr: 'Usage: ready or live\n',
      });
  });

  it.each(['--help', '-h'])('shows its usage on standard output for %s', async (help) => {
    const shown = await health({ API_PORT: 'many' }, help);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expectHelp(shown.stdout, ['ready', 'live']);
  });

  it('is 1 with a sentence where the command itself fails', async () => {
    const fault = encodeURIComponent("process.cwd = () => { throw new Error('secret'); }");
    const ran = await health({ NODE_OPTIONS: `--import=data:text/javascript,${fault}` }, 'live');
    expect(ran).toEqual({
      code: 1,
      stdout: '',
      stderr: 'The check failed by a fault of its own\n',
    });
  });

  it('repeats nothing of another server', async () => {
    const { port } = await serverThat(200, '{"status":"<b>hello</b>"}');
    expect(await health({ API_PORT: port })).toMatchObject({
      code: 0,
      stderr: 'The service answers 200\n',
    });
  });
});
