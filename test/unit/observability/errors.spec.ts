import { QueryFailedError } from 'typeorm';

import { recordingLogger } from './recorder.js';

const CHAT = 'my diagnosis';

interface Logged extends Record<string, unknown> {
  message: string;
  stack: string;
  errors: unknown[];
}

function logged(error: unknown): Logged {
  const { logger, out } = recordingLogger();
  logger.error('Broke', { error });
  expect(out.text).not.toContain('diagnosis');
  return out.records[0]!['error'] as Logged;
}

/** As the drivers of PostgreSQL make them. */
function postgresError(message: string): Error {
  return Object.assign(new Error(message), {
    name: 'error',
    severity: 'ERROR',
    code: '22P02',
    detail: `Key (title)=(${CHAT}) already exists.`,
    where: CHAT,
  });
}

describe('an error in a line', () => {
  it('is its name, message, code, stack and causes', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const error = new TypeError('fetch failed', { cause });
    expect(logged(Object.assign(error, { status: 503, reason: 'model_unavailable' }))).toEqual({
      name: 'TypeError',
      message: 'fetch failed',
      status: 503,
      reason: 'model_unavailable',
      stack: expect.stringMatching(/^TypeError: fetch failed\n {4}at /),
      cause: {
        name: 'Error',
        message: 'connect ECONNREFUSED',
        code: 'ECONNREFUSED',
        stack: expect.stringMatching(/^Error: connect ECONNREFUSED\n {4}at /),
      },
    });
  });

  it('keeps the errors of an AggregateError, and ends where causes run in a circle', () => {
    const inner = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const error = new AggregateError([inner], 'all failed');
    inner.cause = error;
    expect(logged(error).errors[0]).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('may be what is no error', () => {
    expect(logged('gave up')).toEqual({ name: 'NonError', message: 'gave up' });
    expect(logged({ content: CHAT })).toMatchObject({ name: 'NonError' });
    expect(logged(null)).toMatchObject({ name: 'NonError' });
  });

  it('has a message of one line, without credentials', () => {
    const error = new Error('Invalid URL postgres://u:hunter2@db\n    at forged (x.js:1:1)');
    const { message, stack } = logged(error);
    expect(message).toBe('Invalid URL postgres://[redacted]@db at forged (x.js:1:1)');
    expect(stack).not.toContain('hunter2');
    expect(stack.split('\n')[1]).not.toContain('forged');
  });
});

describe('what people wrote stays out of errors', () => {
  const parameters = ['id-1', CHAT, 7];

  it.each<[string, () => unknown]>([
    [
      'a statement that failed',
      () =>
        new QueryFailedError(
          `INSERT INTO m VALUES ('${CHAT}')`,
          parameters,
          new Error(`bad ${CHAT}`),
        ),
    ],
    [
      'a value PostgreSQL refused',
      () =>
        new QueryFailedError(
          'INSERT',
          [],
          postgresError(`invalid input syntax for type json: "I quote "${CHAT}" here"`),
        ),
    ],
    [
      "the driver's own error",
      () => postgresError(`invalid input syntax for type uuid: "${CHAT}"`),
    ],
    [
      'a cause',
      () =>
        new Error('Save failed', {
          cause: new QueryFailedError('INSERT', parameters, postgresError(`near ${CHAT}`)),
        }),
    ],
    [
      'a search that SQLite refused',
      () =>
        Object.assign(new Error(`fts5: syntax error near "${CHAT}"`), {
          name: 'SqliteError',
          code: 'SQLITE_ERROR',
        }),
    ],
    [
      'a duplicate in MongoDB',
      () =>
        Object.assign(
          new Error(
            `E11000 duplicate key error collection: chat.c index: t dup key: { title: '${CHAT}' }`,
          ),
          { name: 'MongoServerError', code: 11000, keyValue: { title: CHAT } },
        ),
    ],
    ['JSON that did not parse', () => jsonError(`{"message": ${CHAT}}`)],
    [
      'a body that did not parse',
      () => Object.assign(jsonError(CHAT), { body: CHAT, status: 400 }),
    ],
  ])('%s', (_, make) => {
    expect(logged(make())['name']).toBeTruthy();
  });

  it('while the name of a constraint stays in', () => {
    const error = postgresError(
      'duplicate key value violates unique constraint "generations_slot"',
    );
    expect(logged(error).message).toContain('"generations_slot"');
  });
});

function jsonError(text: string): Error {
  try {
    JSON.parse(text);
  } catch (error) {
    // Quoted by V8: what the log must not repeat.
    expect(String(error)).toContain('diagnos');
    return error as Error;
  }
  throw new Error('It parsed');
}
