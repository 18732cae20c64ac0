import './common/lifecycle/no-inspector.js';
import { get } from 'node:http';
import { asksForHelp, helped } from './commands/help.js';
import { endWith, type Ending } from './commands/output.js';
import { loadSettings, SettingsError } from './config/load-settings.js';
import type { Settings } from './config/settings.js';

/** The service answers its probes within half a second; the timeout of an orchestrator is three. */
const TIMEOUT_MS = 2_500;
const PROBES = ['ready', 'live'];
const HELP = [
  'Usage: node dist/src/health.js [PROBE]',
  '  ready  whether the service takes requests; the default',
  '  live   whether its process answers',
];

/**
 * `node dist/src/health.js [ready|live]`: asks the service that runs with these settings on this
 * host; exit code 0 if the answer is 200, 1 if not, 2 for wrong arguments. It loads only the
 * settings, since it runs every few seconds.
 */
async function main(args: readonly string[]): Promise<Ending> {
  if (asksForHelp(args)) return helped(HELP);
  const [probe = 'ready', ...others] = args;
  if (!PROBES.includes(probe) || others.length > 0)
    return { exitCode: 2, sentence: `Usage: ${PROBES.join(' or ')}` };
  const { api } = loadSettings().settings;
  if (api.port === 0) return failed('API_PORT is 0, so the port of the service is not known');
  try {
    const { status, text } = await ask(api, `/api/health/${probe}`);
    const word = statusWord(text);
    const sentence = `The service ${word === null ? 'answers' : `is ${word}:`} ${status}`;
    return status === 200 ? { exitCode: 0, sentence } : failed(sentence);
  } catch {
    return failed(`The service does not answer on port ${api.port}`);
  }
}

const failed = (sentence: string): Ending => ({ exitCode: 1, sentence });

function ask(
  { host, port }: Settings['api'],
  path: string,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const request = get({ host: reachable(host), port, path, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

/** The address for a service that listens on all addresses. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

/** `ready`, `draining`; another server may send anything. */
function statusWord(text: string): string | null {
  try {
    const body: unknown = JSON.parse(text);
    const named = typeof body === 'object' && body !== null && 'status' in body;
    if (named && typeof body.status === 'string' && /^\w{1,20}$/.test(body.status))
      return body.status;
  } catch {
    // Not JSON: the status is sufficient.
  }
  return null;
}

async function verdict(): Promise<Ending> {
  try {
    return await main(process.argv.slice(2));
  } catch (error) {
    const isTold = error instanceof SettingsError;
    return failed(isTold ? error.message : 'The check failed by a fault of its own');
  }
}

endWith(await verdict());
