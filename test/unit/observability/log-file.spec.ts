import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger, type OpenLogger } from '../../../src/observability/create-logger.js';
import { LogFileError } from '../../../src/observability/sinks/log-file.js';
import { Recorder } from './recorder.js';

const folder = mkdtempSync(join(tmpdir(), 'logs-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
let opened: OpenLogger | undefined;
let out: Recorder;
let path: string;

beforeEach(() => {
  out = new Recorder();
  path = join(folder, String(++count), 'deeper', 'chat.log');
});
afterEach(() => {
  opened?.close();
  opened = undefined;
});

function open(format: 'json' | 'text' = 'json'): OpenLogger['logger'] {
  opened = createLogger({ level: 'info', format, file: path }, out);
  return opened.logger;
}

const lines = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).msg);

describe('LOG_FILE', () => {
  it('has each line beside the console, in a folder that is made', () => {
    const logger = open();
    logger.info('One', { generation_id: 'g' });
    logger.debug('Too low');
    expect(readFileSync(path, 'utf8')).toBe(out.text);
    expect(lines(path)).toEqual(['One']);
  });

  it('is text without colours with LOG_FORMAT=text', () => {
    open('text').warn('One');
    expect(readFileSync(path, 'utf8')).toMatch(/^\[.+\] WARN: One\s*\n$/);
  });

  it('keeps what was in it', () => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, '{"msg":"Before"}\n');
    open().info('After');
    expect(lines(path)).toEqual(['Before', 'After']);
  });

  it('is read by its owner alone; one that an earlier release made becomes so', () => {
    const modeOf = (file: string): number => statSync(file).mode & 0o777;
    open().info('One');
    expect([modeOf(path), modeOf(join(path, '..'))]).toEqual([0o600, 0o700]);
    opened?.close();
    chmodSync(path, 0o644);
    open();
    expect(modeOf(path)).toBe(0o600);
    opened?.close();
    // What an operator gave a group, as for a shipper of logs, stays.
    chmodSync(path, 0o640);
    open();
    expect(modeOf(path)).toBe(0o640);
  });

  it.each([
    ['is a folder', 'EISDIR', () => mkdirSync(path, { recursive: true })],
    [
      'lies below a file',
      'ENOTDIR',
      () => {
        mkdirSync(join(path, '../..'), { recursive: true });
        writeFileSync(join(path, '..'), '');
      },
    ],
  ])('that %s stops the start with one clear line', (_, code, prepare) => {
    prepare();
    let problems: readonly string[] = [];
    try {
      open();
    } catch (error) {
      if (error instanceof LogFileError) problems = error.problems;
    }
    expect(problems).toHaveLength(1);
    // Below a file the folder is what cannot be made, which systems name differently.
    expect(problems[0]).toMatch(
      new RegExp(`^LOG_FILE: expected a file that can be written \\((${code}|EEXIST)\\)$`),
    );
  });
});

describe('rotation', () => {
  it('that moves the file goes on in a new one', () => {
    const logger = open();
    logger.info('Old');
    renameSync(path, `${path}.1`);
    logger.info('New');
    logger.info('Newer');
    expect(lines(`${path}.1`)).toEqual(['Old']);
    expect(lines(path)).toEqual(['New', 'Newer']);
  });

  it('that puts a new file in place goes on in that one', () => {
    const logger = open();
    logger.info('Old');
    renameSync(path, `${path}.1`);
    writeFileSync(path, '');
    logger.info('New');
    expect(lines(`${path}.1`)).toEqual(['Old']);
    expect(lines(path)).toEqual(['New']);
  });

  it('that truncates the file goes on at its new end', () => {
    const logger = open();
    logger.info('Old');
    truncateSync(path, 0);
    logger.info('New');
    expect(lines(path)).toEqual(['New']);
    expect(readFileSync(path).includes(0)).toBe(false);
  });

  it('that removes the file or its folder makes them again', () => {
    const logger = open();
    logger.info('Old');
    unlinkSync(path);
    logger.info('New');
    expect(lines(path)).toEqual(['New']);
    rmSync(join(path, '..'), { recursive: true });
    logger.info('Newer');
    expect(lines(path)).toEqual(['Newer']);
  });

  it('that sends SIGHUP finds the moved file let go and a new one there', () => {
    const logger = open();
    renameSync(path, `${path}.1`);
    process.emit('SIGHUP', 'SIGHUP');
    expect(existsSync(path)).toBe(true);
    logger.info('New');
    expect(lines(path)).toEqual(['New']);
  });

  it('leaves SIGHUP as it was without a file, and after the end', () => {
    const before = process.listenerCount('SIGHUP');
    createLogger({ level: 'info', format: 'json', file: null }, out).close();
    expect(process.listenerCount('SIGHUP')).toBe(before);
    open();
    expect(process.listenerCount('SIGHUP')).toBe(before + 1);
    opened?.close();
    opened = undefined;
    expect(process.listenerCount('SIGHUP')).toBe(before);
  });
});

describe('a file that cannot be written any more', () => {
  it('is told once, costs no request, and is told again when it is back', () => {
    const logger = open();
    logger.info('One');
    renameSync(path, `${path}.1`);
    mkdirSync(path);
    logger.info('Two');
    logger.info('Three');
    rmdirSync(path);
    logger.info('Four');
    expect(lines(`${path}.1`)).toEqual(['One']);
    expect(lines(path)).toEqual(['Four']);
    const told = out.records.filter(({ msg }) => /LOG_FILE/.test(String(msg)));
    expect(told).toEqual([
      expect.objectContaining({ level: 'error', code: 'EISDIR' }),
      expect.objectContaining({ level: 'warn', missed: 2 }),
    ]);
    expect(out.records.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(['One', 'Two', 'Three', 'Four']),
    );
  });
});

describe('several processes on one file', () => {
  it('append without overwriting each other', () => {
    const logger = open();
    logger.info('Mine');
    appendFileSync(path, '{"msg":"Theirs"}\n');
    logger.info('Mine again');
    expect(lines(path)).toEqual(['Mine', 'Theirs', 'Mine again']);
  });
});
