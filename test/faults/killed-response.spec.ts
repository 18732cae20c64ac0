import OpenAI from 'openai';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import { FakeOllama, Gate, answer, script } from '../support/fake-ollama.js';
import { describePostgres, freshDatabase, type TestDatabase } from '../support/postgres.js';
import { ServiceProcess } from '../support/service-process.js';

const MODEL = 'llama2';

describePostgres('A response in the background, its worker killed, by the official client', () => {
  let model: FakeOllama;
  let database: TestDatabase;
  let here: ServiceProcess;
  let there: ServiceProcess;

  beforeAll(async () => {
    model = await FakeOllama.start({ name: MODEL });
    database = await freshDatabase();
    const start = () =>
      ServiceProcess.start({
        OLLAMA_BASE_URL: model.baseUrl,
        HISTORY_STORAGE_TYPE: 'database',
        HISTORY_DB_URL: database.url,
      });
    [here, there] = await Promise.all([start(), start()]);
  });
  afterAll(async () => {
    await here.remove();
    await there.remove();
    await model.close();
    await database.drop();
  });

  const clientOf = (service: ServiceProcess) =>
    new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'not-needed', maxRetries: 0 });

  it('goes on there with what was stored, then its true end', async () => {
    const never = new Gate();
    model.next(script().tokens('Good', ' day', ' to').wait(never).token('you').done());
    const begun = await clientOf(here).responses.create({
      model: MODEL,
      input: 'Hello',
      background: true,
      stream: true,
    });
    const seen: ResponseStreamEvent[] = [];
    let id = '';
    for await (const event of begun) {
      seen.push(event);
      if (event.type === 'response.created') id = event.response.id;
      if (event.type === 'response.output_text.delta' && event.delta === ' to') break;
    }

    // A reader there has all tokens from the store before the worker dies.
    const follower = await clientOf(there).responses.retrieve(id, { stream: true });
    const followed: ResponseStreamEvent[] = [];
    // The client throws what the event `error` says; the last event is behind it.
    const ended = (async () => {
      for await (const event of follower) {
        followed.push(event);
        if (followed.length === seen.length) here.kill('SIGKILL');
      }
    })();
    await expect(ended).rejects.toMatchObject({ code: 'internal' });
    expect(followed.slice(0, seen.length)).toEqual(seen);

    const after = seen[2]?.sequence_number ?? NaN;
    const query = `stream=true&starting_after=${String(after)}`;
    const rest = await (await fetch(`${there.url}/v1/responses/${id}?${query}`)).text();
    const events = rest
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice('data: '.length)) as ResponseStreamEvent);
    expect(events.slice(0, seen.length - after - 1)).toEqual(seen.slice(after + 1));
    expect(events.map((event) => event.sequence_number)).toEqual(
      events.map((_, index) => after + 1 + index),
    );
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: {
        id,
        status: 'failed',
        error: { code: 'server_error', reason: 'internal' },
        output: [{ type: 'message', content: [{ text: 'Good day to' }] }],
      },
    });
    expect(await clientOf(there).responses.retrieve(id)).toMatchObject({
      status: 'failed',
      output_text: 'Good day to',
    });

    // The conversation is free again, and knows what was said.
    model.next(answer('Again'));
    const next = await clientOf(there).responses.create({
      model: MODEL,
      input: 'Go on',
      previous_response_id: id,
    });
    expect(next).toMatchObject({ status: 'completed', output_text: 'Again' });
    expect(model.chats.at(-1)?.body.messages).toEqual([
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Good day to' },
      { role: 'user', content: 'Go on' },
    ]);
    never.open();
  });
});
