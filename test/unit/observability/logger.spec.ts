import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PinoLogger } from '../../../src/observability/pino-logger.js';
import { consoleSink } from '../../../src/observability/sinks/console-sink.js';
import { LEVELS, recordingLogger } from './recorder.js';

describe('structured logs', () => {
  it('are one JSON object a line: time, level, the fields and the sentence', () => {
    const { logger, out } = recordingLogger();
    logger.info('Generation ended', { generation_id: 'g1', duration_ms: 12.5, cancelled: false });
    logger.warn('Slow');
    expect(out.text).toMatch(/^\{.*\}\n\{.*\}\n$/);
    expect(out.records).toEqual([
      {
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        level: 'info',
        pid: process.pid,
        generation_id: 'g1',
        duration_ms: 12.5,
        cancelled: false,
        msg: 'Generation ended',
      },
      expect.objectContaining({ level: 'warn', msg: 'Slow' }),
    ]);
  });

  it('stay one object a line whatever they are given', () => {
    const { logger, out } = recordingLogger();
    logger.info('A\nforged {"level":"fatal"}\r\nline %s %j %d', {
      user_agent: 'x\n\u2028\u001b[31my',
    });
    expect(out.text.trimEnd()).not.toMatch(/[\p{Cc}\p{Zl}]/u);
    expect(out.records[0]).toMatchObject({
      level: 'info',
      msg: 'A forged {"level":"fatal"} line %s %j %d',
      user_agent: 'x [31my',
    });
  });

  it.each(['json', 'text'] as const)('show nothing as what it is not (%s)', (format) => {
    const { logger, out } = recordingLogger('info', format);
    const hidden = 'a\u202egnp.exe\u2066b\u200fc\u061cd\u200be\ufefff\u{e0041}g\u0085h\u00adi';
    const error = Object.assign(new Error(hidden), { code: hidden, cause: hidden });
    logger.info(hidden, {
      path: hidden,
      list: [hidden],
      inner: { [hidden]: 1 },
      [hidden]: 2,
      error,
    });
    expect(out.text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(out.text).toContain('a gnp.exe b c d e f g h i');
  });

  it('leave letters of every script, and emoji, as they are', () => {
    const { logger, out } = recordingLogger();
    const model = 'größe-模型-नमूना-نموذج-🚀';
    logger.info('Fact', { model });
    expect(out.records[0]).toMatchObject({ model });
  });

  it('keep their own names, and the fields of the same name', () => {
    const { logger, out } = recordingLogger();
    logger.info('Mine', { level: 'x', time: 1, msg: 'y', pid: 2, worker_id: 'w' });
    const line = { level: 'info', msg: 'Mine', pid: process.pid, worker_id: 'w' };
    expect(out.records[0]).toMatchObject({ ...line, level_: 'x', time_: 1, msg_: 'y', pid_: 2 });
    expect(out.text.match(/"level":/g)).toHaveLength(1);
  });
});

describe.each(['json', 'text'] as const)('LOG_LEVEL with %s', (format) => {
  it.each(LEVELS)('%s writes itself and what is above', (least) => {
    const { logger, out } = recordingLogger(least, format);
    for (const level of LEVELS) logger[level](`This is ${level}.`);
    const written = LEVELS.filter((level) => out.text.includes(`This is ${level}.`));
    expect(written).toEqual(LEVELS.slice(LEVELS.indexOf(least)));
  });
});

describe('text logs', () => {
  it('are one line a record, for people', () => {
    const { logger, out } = recordingLogger('info', 'text');
    logger.info('Generation ended', { generation_id: 'g1', usage: { prompt_tokens: 3 } });
    logger.warn('Slow');
    const [first, second] = out.text.split('\n');
    expect(first).toMatch(
      /^\[.+\] INFO: Generation ended \{"generation_id":"g1","usage":\{"prompt_tokens":3\}\}$/,
    );
    expect(second).toMatch(/^\[.+\] WARN: Slow/);
  });

  it('show an error below its line', () => {
    const { logger, out } = recordingLogger('info', 'text');
    logger.error('Broke', { error: new TypeError('no way'), generation_id: 'g1' });
    expect(out.text).toMatch(/ERROR: Broke .*"generation_id":"g1"/);
    expect(out.text).toMatch(/TypeError: no way\n\s+at /);
  });
});

describe('the console', () => {
  const folder = mkdtempSync(join(tmpdir(), 'console-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has every line when the call returns, so an exit loses nothing', () => {
    const path = join(folder, 'out');
    const fd = openSync(path, 'w');
    const logger = new PinoLogger(
      'info',
      consoleSink(() => undefined, fd),
    );
    for (let line = 1; line <= 500; line++) logger.info('x'.repeat(1000), { line });
    const written = readFileSync(path, 'utf8').trimEnd().split('\n');
    expect(written.map((line) => JSON.parse(line).line)).toEqual(
      Array.from({ length: 500 }, (_, index) => index + 1),
    );
    closeSync(fd);
  });

  it('that went away does not stop the service', () => {
    const fd = openSync(join(folder, 'readonly'), 'a+');
    closeSync(fd);
    const readOnly = openSync(join(folder, 'readonly'), 'r');
    const logger = new PinoLogger(
      'info',
      consoleSink(() => undefined, readOnly),
    );
    expect(() => {
      for (let line = 0; line < 3; line++) logger.info('Nobody reads this');
    }).not.toThrow();
    closeSync(readOnly);
  });
});
