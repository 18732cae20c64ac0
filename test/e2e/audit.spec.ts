import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer, FakeOllama, Gate, script } from '../support/fake-ollama.js';
import { getJson, postJson, sendJson } from '../support/http-client.js';
import { runCommand } from '../support/command.js';
import { startService, type RunningService } from '../support/service.js';
import { ServiceProcess } from '../support/service-process.js';
import { apiKey } from '../support/settings.js';
import { describeOnEveryStore, type TestStorage } from '../support/storages.js';
import { StreamReader } from '../support/stream-reader.js';

const KEY = 'ada-key-0123456789abcdef';
const ADA = { 'X-Api-Key': KEY };

/** The lines of an audit file. */
function linesOf(path: string): Record<string, unknown>[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describeOnEveryStore('the audit', (make) => {
  let ollama: FakeOllama;
  let storage: TestStorage;
  let service: RunningService;
  beforeEach(async () => {
    ollama = await FakeOllama.start();
    ollama.always(answer('The secret answer'));
    storage = await make();
    service = await startService(ollama, {
      api: { keys: [apiKey('ada', KEY)] },
      history: { storage: storage.target },
    });
  });
  afterEach(async () => {
    await service.close();
    await storage.dispose();
    await ollama.close();
  });

  const acts = (): Record<string, unknown>[] =>
    service.log.of('Audit').map(({ level, fields: { target, ...fields } }) => ({
      level,
      ...fields,
      target: (target as { text: string } | null)?.text ?? null,
    }));
  const send = (method: string, path: string, body?: unknown) =>
    sendJson(method, `${service.url}${path}`, body, ADA);

  it('has each act once, with who did it, and no text', async () => {
    const made = await send('POST', '/api/history', { title: 'A secret title' });
    const id: string = made.body.id;
    await send('PUT', `/api/history/${id}`, { title: 'Another secret' });
    await send('PUT', `/api/history/${id}`, { pinned: true });
    const chat = await send('POST', '/api/chat', { message: 'A secret question' });
    await send('POST', '/api/chat', {
      message: 'Another',
      conversation_id: chat.body.conversation_id,
    });
    const fork = await send('POST', `/api/history/${chat.body.conversation_id}/fork`);
    await send('DELETE', `/api/history/${id}`);
    await send('DELETE', `/api/history/${id}`);
    const by = {
      level: 'info',
      event: 'audit',
      owner: 'ada',
      key: 'ada',
      result: 'done',
      address: '127.0.0.1',
      request_id: expect.any(String),
    };
    expect(acts()).toEqual([
      { ...by, action: 'conversation.create', target: id },
      { ...by, action: 'conversation.rename', target: id },
      { ...by, action: 'conversation.create', target: chat.body.conversation_id },
      { ...by, action: 'conversation.create', target: fork.body.id },
      { ...by, action: 'conversation.delete', target: id },
    ]);
    expect(acts()[0]).toMatchObject({ request_id: made.headers.get('X-Request-Id') });
    expect(JSON.stringify(acts())).not.toMatch(/secret|key-0123/);
  });

  it('has no conversation that came to nothing, and the stop of a generation', async () => {
    ollama.next(script().error(500));
    expect((await send('POST', '/api/chat', { message: 'Hi' })).status).toBe(503);
    expect(acts()).toEqual([]);
    const gate = new Gate();
    ollama.next(script().tokens('a').wait(gate).done());
    const url = `${service.url}/api/chat/stream`;
    const reader = await StreamReader.post(url, { message: 'Hi' }, ADA);
    await reader.take(1);
    const id = reader.response.headers.get('X-Generation-Id');
    await send('POST', `/api/generations/${id}/cancel`);
    await reader.rest();
    expect(acts().map(({ action, target }) => [action, target])).toEqual([
      ['conversation.create', reader.response.headers.get('X-Conversation-Id')],
      ['generation.cancel', id],
    ]);
  });

  it('has the stop of a generation by the APIs of other products', async () => {
    const stopped: string[] = [];
    const cancelled = () => {
      const stops = acts().filter(({ action }) => action === 'generation.cancel');
      return stops.map(({ target }) => target);
    };
    const message = { id: 'm', role: 'user', parts: [{ type: 'text', text: 'Hi' }] };
    ollama.next(script().tokens('a').hang(), 2);
    const streamed = await fetch(`${service.url}/api/chat/ui`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...ADA },
      body: JSON.stringify({ id: 'a chat', message }),
    });
    stopped.push(streamed.headers.get('X-Generation-Id') ?? '');
    await send('POST', '/api/chat/ui/a%20chat/stop');
    await streamed.text();
    expect(cancelled()).toEqual(stopped);
    const { body, headers } = await send('POST', '/v1/responses', {
      ...{ model: 'llama2', input: 'Hi', background: true },
    });
    stopped.push(headers.get('X-Generation-Id') ?? '');
    await send('POST', `/v1/responses/${body.id}/cancel`);
    expect(cancelled()).toEqual(stopped);
  });

  it('has the conversation that a new one pushed out', async () => {
    await service.close();
    service = await startService(ollama, {
      api: { keys: [apiKey('ada', KEY)] },
      history: { storage: storage.target, maxConversations: 1 },
    });
    const first = await send('POST', '/api/history', {});
    const chat = await send('POST', '/api/chat', { message: 'Hi' });
    const pushedOut = acts().filter(({ action }) => action === 'conversation.delete');
    expect(pushedOut).toEqual([
      {
        level: 'info',
        event: 'audit',
        action: 'conversation.delete',
        owner: 'ada',
        key: null,
        target: first.body.id,
        result: 'done',
        request_id: null,
        address: null,
      },
    ]);
    expect((await send('GET', '/api/history')).body.conversations).toMatchObject([
      { id: chat.body.conversation_id },
    ]);
  });

  it('has refusals, one a minute and address', async () => {
    for (const headers of [{}, { 'X-Api-Key': 'wrong' }, {}])
      expect((await getJson(`${service.url}/api/history`, headers)).status).toBe(401);
    // Of the same address, with a key that opens less.
    const usage = await getJson(`${service.url}/api/usage?owner=bob`, { 'X-Api-Key': KEY });
    expect(usage.status).toBe(403);
    expect(acts()).toEqual([
      expect.objectContaining({
        action: 'auth.refused',
        owner: null,
        key: null,
        target: null,
        result: 'unauthorized',
        address: '127.0.0.1',
      }),
    ]);
  });
});

describe('the audit in the log', () => {
  it('names what was acted on in the line as it is written', async () => {
    const ollama = await FakeOllama.start();
    ollama.always(answer('Hi'));
    const service = await ServiceProcess.start({ OLLAMA_BASE_URL: ollama.baseUrl });
    try {
      const chat = await postJson(`${service.url}/api/chat`, { message: 'Hi' });
      expect(await service.logged('Audit')).toMatchObject({
        ...{ level: 'info', event: 'audit', action: 'conversation.create', result: 'done' },
        ...{ owner: 'default', key: null, target: chat.body.conversation_id },
      });
    } finally {
      await service.remove();
      await ollama.close();
    }
  });
});

describe('AUDIT_FILE', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'chat-audit-'));
    file = join(folder, 'logs', 'audit.log');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('has the acts alone, is private, and is opened anew at SIGHUP', async () => {
    const ollama = await FakeOllama.start();
    ollama.always(answer('Hi'));
    const service = await ServiceProcess.start({
      OLLAMA_BASE_URL: ollama.baseUrl,
      AUDIT_FILE: file,
    });
    try {
      await postJson(`${service.url}/api/chat`, { message: 'Hi' });
      expect(linesOf(file)).toEqual([
        {
          time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          event: 'audit',
          action: 'conversation.create',
          owner: 'default',
          key: null,
          target: expect.any(String),
          result: 'done',
          request_id: expect.any(String),
          address: '127.0.0.1',
        },
      ]);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      renameSync(file, `${file}.1`);
      service.kill('SIGHUP');
      const created = await postJson(`${service.url}/api/history`, {});
      expect(created.status).toBe(201);
      expect(linesOf(file)).toMatchObject([{ target: created.body.id }]);
      expect(service.log.filter(({ msg }) => msg === 'Audit')).toEqual([]);
      service.kill('SIGTERM');
      expect(await service.exited).toEqual({ code: 0, signal: null });
    } finally {
      await service.remove();
      await ollama.close();
    }
  });

  it('has a refusal once a minute and address, whichever worker refused', async () => {
    const service = await ServiceProcess.start({
      API_KEYS: `ada:${KEY}`,
      HISTORY_STORAGE_TYPE: 'database',
      API_WORKERS: '3',
      AUDIT_FILE: file,
    });
    try {
      // A connection of its own for each, which the next worker gets.
      const headers = { 'X-Api-Key': 'wrong', Connection: 'close' };
      for (let count = 0; count < 9; count += 1)
        expect((await getJson(`${service.url}/api/history`, headers)).status).toBe(401);
      service.kill('SIGTERM');
      expect(await service.exited).toEqual({ code: 0, signal: null });
      expect(linesOf(file)).toMatchObject([{ action: 'auth.refused', address: '127.0.0.1' }]);
    } finally {
      await service.remove();
    }
  });

  it('has the acts of commands, and stops a start and an act where it cannot be written', async () => {
    const env = {
      HISTORY_STORAGE_TYPE: 'file',
      HISTORY_FILE_PATH: join(folder, 'history'),
      AUDIT_FILE: file,
    };
    const made = await runCommand('keys', ['create', 'ci', '--owner', 'team'], { env });
    await runCommand('keys', ['update', 'ci', '--streams', '1'], { env });
    await runCommand('keys', ['create', 'ci'], { env });
    await runCommand('keys', ['revoke', 'ci'], { env });
    const to = ['copy', '--to', `file:${join(folder, 'copy')}`];
    expect(await runCommand('history', to, { env })).toMatchObject({ code: 0 });
    const store = `file:${join(folder, 'history')}`;
    const restored = `file:${join(folder, 'restored')}`;
    const backup = join(folder, 'history.gz');
    for (const args of [
      ['backup', backup],
      ['backup', backup, '--dry-run'],
      ['restore', backup, '--to', restored, '--dry-run'],
      ['restore', backup, '--to', restored],
      ['erase', '--owner', 'ada', '--dry-run'],
      ['erase', '--owner', 'ada'],
      ['prune', '--days', '9', '--dry-run'],
      ['prune', '--days', '9'],
    ])
      expect(await runCommand('history', args, { env })).toMatchObject({ code: 0 });
    const by = { event: 'audit', key: null, request_id: null, address: null, result: 'done' };
    const time = expect.any(String);
    expect(linesOf(file)).toEqual([
      { ...by, time, action: 'key.create', owner: 'team', target: 'ci' },
      { ...by, time, action: 'key.update', owner: 'team', target: 'ci' },
      { ...by, time, action: 'key.revoke', owner: 'team', target: 'ci' },
      { ...by, time, action: 'history.copy', owner: null, target: `file:${join(folder, 'copy')}` },
      { ...by, time, action: 'history.backup', owner: null, target: store },
      { ...by, time, action: 'history.restore', owner: null, target: restored },
      { ...by, time, action: 'history.erase', owner: 'ada', target: store },
      { ...by, time, action: 'history.prune', owner: null, target: store },
    ]);
    expect(readFileSync(file, 'utf8')).not.toContain(made.stdout.trim());

    const bad = { ...env, AUDIT_FILE: folder };
    const refused = await runCommand('keys', ['create', 'other'], { env: bad });
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^AUDIT_FILE: [^\n]+\n$/);
    const list = await runCommand('keys', ['list', '--json'], { env });
    expect(JSON.parse(list.stdout)).toHaveLength(1);
    const service = ServiceProcess.spawn(bad);
    expect((await service.exited).code).toBe(1);
    expect(service.log.at(-1)?.msg).toMatch(/^AUDIT_FILE: expected/);
    await service.remove();
  });
});
