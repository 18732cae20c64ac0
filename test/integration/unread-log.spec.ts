import { execFileSync, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createLogger } from '../../src/observability/create-logger.js';
import { PinoLogger } from '../../src/observability/pino-logger.js';
import { consoleSink } from '../../src/observability/sinks/console-sink.js';
import { UnreadPipe } from '../support/unread-pipe.js';
import { Recorder } from '../unit/observability/recorder.js';

/** More than the pipe and the backlog hold together. */
const LINES = 4_000;
const TEXT = 'ü'.repeat(400);

let pipe: UnreadPipe;
beforeEach(() => {
  pipe = new UnreadPipe();
});
afterEach(() => pipe.remove());

interface Line {
  n?: number;
  msg?: string;
  missed?: number;
}

const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);

/** Reads until a line with this message is there. */
async function readUntil(message: RegExp): Promise<Line[]> {
  let text = '';
  while (!message.test(text)) {
    text += pipe.read();
    await delay(5);
  }
  return linesOf(text);
}

const numbers = (lines: Line[]): number[] => lines.flatMap(({ n }) => n ?? []);

describe('standard output that nobody reads', () => {
  it('costs lines beyond a bound, never the loop; they are counted once it is read again', async () => {
    const missed: number[] = [];
    const sink = consoleSink((count) => {
      missed.push(count);
      logger.warn('Back', { missed: count });
    }, pipe.writer);
    const logger = new PinoLogger('info', sink);
    for (let n = 1; n <= LINES; n += 1) logger.info(TEXT, { n });

    const lines = await readUntil(/Back/);
    const written = numbers(lines);
    expect(written).toEqual(written.map((_, index) => index + 1));
    expect(written.length).toBeGreaterThan(1_000);
    expect(missed).toEqual([LINES - written.length]);
    expect(lines.at(-1)).toMatchObject({ msg: 'Back', missed: LINES - written.length });

    logger.info('After');
    expect(linesOf(pipe.read())).toMatchObject([{ msg: 'After' }]);
  });

  it('that is read again before the bound has every line, whole', async () => {
    const logger = new PinoLogger(
      'info',
      consoleSink(() => undefined, pipe.writer),
    );
    for (let n = 1; n <= 500; n += 1) logger.info(TEXT, { n });
    logger.info('Last');
    const lines = await readUntil(/Last/);
    expect(numbers(lines)).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
  });
});

describe('LOG_FILE that is a pipe', () => {
  it('waits for no reader, and tells the console what it has missed', async () => {
    const out = new Recorder();
    const { logger, close } = createLogger({ level: 'info', format: 'json', file: pipe.path }, out);
    for (let n = 1; n <= LINES; n += 1) logger.info(TEXT, { n });
    let read = '';
    while (out.records.length === LINES) {
      read += pipe.read();
      await delay(5);
    }
    read += pipe.read();
    const written = numbers(linesOf(read));
    expect(written).toEqual(written.map((_, index) => index + 1));
    expect(out.records.at(-1)).toMatchObject({
      msg: 'LOG_FILE is written again',
      missed: LINES - written.length,
    });
    close();
  });
});

describe('a process that exits while its log is not read', () => {
  const script = resolve(import.meta.dirname, '../support/log-and-exit.mjs');

  it('writes every line where the reader takes them after all', () => {
    // `cat` begins late: by then the pipe is full.
    const command = `"${process.execPath}" "${script}" 2000 | (sleep 0.3; cat)`;
    const text = execFileSync('sh', ['-c', command], { maxBuffer: 10_000_000 }).toString();
    expect(text.trimEnd().split('\n')).toHaveLength(2000);
  });

  it('ends all the same where it never does', () => {
    const { status } = spawnSync(process.execPath, [script, '20000'], {
      stdio: ['ignore', pipe.writer, 'inherit'],
      timeout: 30_000,
    });
    expect(status).toBe(0);
  });
});
