import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answer, FakeOllama } from '../support/fake-ollama.js';
import { ServiceProcess } from '../support/service-process.js';

const TURNS = 100;
const MESSAGES = [{ role: 'user', content: 'Hi' }];

/**
 * Node 20 gives a copy with added fields (`{ ...source, added }`) a class that no other object has, and each
 * read of such an object misses its cache: docs/adr/0014-hidden-classes.md. V8's own log names them.
 */
describe('the objects of a turn', () => {
  let ollama: FakeOllama;
  let service: ServiceProcess;
  /** When it listened, by V8's clock or a little later: microseconds since it was started. */
  let listening: number;
  beforeEach(async () => {
    const start = performance.now();
    ollama = await FakeOllama.start();
    ollama.always(answer('Hello', ' world'));
    service = await ServiceProcess.start(
      {
        OLLAMA_BASE_URL: ollama.baseUrl,
        OLLAMA_DEFAULT_MODEL: 'llama2',
        HISTORY_STORAGE_TYPE: 'memory',
        RATE_LIMIT_ENABLED: 'false',
      },
      undefined,
      ['--log-maps', '--logfile=v8.log', '--no-logfile-per-isolate'],
    );
    listening = (performance.now() - start) * 1000;
  });
  afterEach(async () => {
    await service.remove();
    await ollama.close();
  });

  /** Where a class was made for every second turn or more: line, column, name of the field. */
  const classesOfTurns = async (): Promise<string[]> => {
    service.kill('SIGTERM');
    await service.exited;
    const made = new Map<string, number>();
    const log = readFileSync(join(service.folder, 'v8.log'), 'latin1');
    expect(log).toContain('\nmap,Transition,');
    for (const line of log.split('\n')) {
      const [what, change, time, , , , row, column, reason, name] = line.split(',');
      if (what !== 'map' || change !== 'Transition' || reason !== 'prototype') continue;
      if (Number(time) < listening) continue;
      const place = `${row}:${column} ${name}`;
      made.set(place, (made.get(place) ?? 0) + 1);
    }
    return [...made].filter(([, times]) => times > TURNS / 2).map(([place]) => place);
  };

  it.each([
    ['/api/chat', { message: 'Hi' }],
    ['/api/chat/stream', { message: 'Hi' }],
    ['/v1/chat/completions', { model: 'llama2', messages: MESSAGES, stream: true }],
  ])('%s: share their hidden classes', async (path, body) => {
    for (let turn = 0; turn < TURNS; turn += 1) {
      const response = await fetch(service.url + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(200);
      await response.text();
    }
    expect(await classesOfTurns()).toEqual([]);
  });
});
