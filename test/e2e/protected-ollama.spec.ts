import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer, FakeOllama } from '../support/fake-ollama.js';
import { getJson, postJson } from '../support/http-client.js';
import { ServiceProcess } from '../support/service-process.js';
import { CERTIFICATE, TlsFront } from '../support/tls-front.js';

const SECRET = 'hunter2-hunter2';

describe('an Ollama behind a proxy with TLS and credentials', () => {
  let ollama: FakeOllama;
  let front: TlsFront;
  let folder: string;
  let service: ServiceProcess | undefined;

  beforeAll(async () => {
    ollama = await FakeOllama.start();
    front = await TlsFront.before(Number(new URL(ollama.baseUrl).port));
    folder = mkdtempSync(join(tmpdir(), 'authority-'));
    writeFileSync(join(folder, 'ca.pem'), CERTIFICATE);
    writeFileSync(join(folder, 'key'), `${SECRET}\n`);
  });
  afterEach(() => service?.remove());
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    front.close();
    await ollama.close();
  });

  const start = async (env: Record<string, string>) => {
    service = await ServiceProcess.start({ LOG_LEVEL: 'TRACE', OLLAMA_RETRIES: '0', ...env });
    return service;
  };

  /** Nothing that is secret was logged. */
  function assertDiscreet({ log, stderr }: ServiceProcess): void {
    const text = `${JSON.stringify(log)}${stderr}`;
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain(Buffer.from(`ann:${SECRET}`).toString('base64'));
  }

  it('is used with an authority of its own and a key from a file', async () => {
    const { url } = await start({
      OLLAMA_BASE_URL: front.url,
      OLLAMA_API_KEY_FILE: join(folder, 'key'),
      OLLAMA_HEADERS: 'X-Tenant=chat%20one',
      NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
    });
    ollama.next(answer('Hi'));
    const { status, body } = await postJson(`${url}/api/chat`, { message: 'Hi' });
    expect([status, body.response]).toEqual([200, 'Hi']);
    expect(ollama.chats.at(-1)?.headers).toMatchObject({
      authorization: `Bearer ${SECRET}`,
      'x-tenant': 'chat one',
    });
    assertDiscreet(service!);
  });

  it('is not used without that authority, and the log says what to do', async () => {
    const { url } = await start({
      OLLAMA_BASE_URL: front.url.replace('https://', `https://ann:${SECRET}@`),
    });
    const { status, body } = await getJson(`${url}/api/models`);
    expect([status, body.reason]).toEqual([503, 'model_unavailable']);
    expect(JSON.stringify(body)).not.toMatch(/CERT|localhost/);
    const failure = await service!.logged('Request failed');
    expect(failure['cause']).toContain('NODE_EXTRA_CA_CERTS');
    assertDiscreet(service!);
  });
});
