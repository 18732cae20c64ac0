import { jest } from '@jest/globals';
import {
  fullModelName,
  isModelName,
  namesCloudModel,
  sameModel,
} from '../../src/domain/model-name.js';
import { LineSplitter } from '../../src/models/transport/line-splitter.js';
import { ModelPolicy } from '../../src/models/model-policy.js';
import { IdleTimer } from '../../src/models/transport/idle-timer.js';
import { TextCleaner } from '../../src/models/transport/text-cleaner.js';
import { readableSize } from '../../src/models/model-presenter.js';

describe('readableSize', () => {
  test.each([
    [0, '0B'],
    [999, '999B'],
    [1000, '1.0KB'],
    [270_898_672, '270.9MB'],
    [271_000_000, '271.0MB'],
    [999_949_999, '999.9MB'],
    [999_950_000, '1.0GB'],
    [3_826_793_677, '3.8GB'],
    [4_200_000_000, '4.2GB'],
    [2_500_000_000_000_000, '2500.0TB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(readableSize(bytes)).toBe(text);
  });
});

describe('model names', () => {
  test('a name without a tag is its latest, and case does not matter', () => {
    expect(sameModel('llama2', 'llama2:latest')).toBe(true);
    expect(sameModel('Llama2:Latest', 'llama2')).toBe(true);
    expect(sameModel('llama2', 'llama2:7b')).toBe(false);
    expect(fullModelName('host:5000/team/model')).toBe('host:5000/team/model:latest');
  });

  test('what Ollama adds by itself makes no other name', () => {
    for (const name of ['library/llama2', 'registry.ollama.ai/library/llama2:latest']) {
      expect(sameModel(name, 'llama2')).toBe(true);
    }
    expect(sameModel('registry.ollama.ai/team/llama2', 'team/llama2')).toBe(true);
    expect(sameModel('team/llama2', 'llama2')).toBe(false);
    expect(sameModel('example.com/library/llama2', 'llama2')).toBe(false);
  });

  test.each([
    'gpt-oss:120b-cloud',
    'glm-4.6:cloud',
    'gpt-oss:120b-Cloud',
    'GPT-OSS:120B-CLOUD',
    'gpt-oss:20b:cloud',
    'gpt-oss:20b:Cloud',
    'team/gpt-oss:cloud',
    'registry.ollama.ai/library/gpt-oss:120b-cloud',
    ' gpt-oss:cloud',
    'gpt-oss:cloud\n',
    'gpt-oss: cloud ',
    'gpt-oss:\u00a0120b-cloud\u3000',
    'gpt-oss:120b-cloud:local',
  ])('%j is a model of the cloud', (name) => {
    expect(namesCloudModel(name)).toBe(true);
    expect(new ModelPolicy(null).judge(name)).toBe('refused');
  });

  test.each(['llama2', 'my-cloud', 'my-cloud:7b', 'cloud', 'cloud/llama2', 'qwen3:8b:local'])(
    '%j is none by its name',
    (name) => {
      expect(namesCloudModel(name)).toBe(false);
      expect(new ModelPolicy(null).judge(name)).toBe('if_local');
    },
  );

  test.each([
    'my model',
    ' llama2',
    'llama2\t',
    'a\u00a0b',
    'a\u0085b',
    'a\0b',
    'a\u200bb',
    '',
    '\u202ea',
  ])('%j can be no name', (name) => expect(isModelName(name)).toBe(false));

  test('a list allows what it names, wherever that lives, and nothing else', () => {
    const policy = new ModelPolicy(['llama2', 'gpt-oss:120b-cloud']);
    expect(policy.judge('llama2:latest')).toBe('allowed');
    expect(policy.judge('Llama2')).toBe('allowed');
    expect(policy.judge('gpt-oss:120b-cloud')).toBe('allowed');
    expect(policy.judge('llama2:7b')).toBe('refused');
    expect(policy.judge('gpt-oss:20b-cloud')).toBe('refused');
  });
});

describe('TextCleaner', () => {
  const take = (...pieces: string[]) => {
    const whole = new TextCleaner();
    return [...pieces.map((piece) => whole.take(piece)), whole.rest()];
  };

  test('joins half a character with the next piece', () => {
    expect(take('a\ud83d', '\ude00b')).toEqual(['a', '😀b', '']);
    expect(take('\ud83d', '\ude00')).toEqual(['', '😀', '']);
  });

  test('gives no lone surrogate and no NUL to anybody', () => {
    expect(take('a\ud83d', 'b')).toEqual(['a', '\ufffdb', '']);
    expect(take('\ude00x\0')).toEqual(['\ufffdx\ufffd', '']);
    expect(take('end\ud83d')).toEqual(['end', '\ufffd']);
  });
});

describe('LineSplitter', () => {
  const lines = (chunks: Buffer[], maxBytes?: number) => {
    const seen: string[] = [];
    const splitter = new LineSplitter((line) => seen.push(line), maxBytes);
    for (const chunk of chunks) splitter.push(chunk);
    splitter.end();
    return seen;
  };

  test('gives the same lines wherever the bytes are cut', () => {
    const bytes = Buffer.from('{"a":"é😀"}\n\r\n\n{"b":2}\n{"c":"日本"}');
    const whole = ['{"a":"é😀"}', '{"b":2}', '{"c":"日本"}'];
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      expect(lines([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole);
    }
    expect(lines(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(whole);
  });

  test('refuses a line without an end', () => {
    const chunk = Buffer.alloc(60, 'x');
    expect(() => lines([chunk, chunk], 100)).toThrow(expect.objectContaining({ kind: 'unusable' }));
  });
});

describe('IdleTimer', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test('rings once, after the last activity, with one timer for any number of touches', () => {
    const ring = jest.fn();
    const watch = new IdleTimer(1000, ring);
    watch.start();
    for (let count = 0; count < 50; count += 1) {
      jest.advanceTimersByTime(900);
      watch.touch();
      expect(jest.getTimerCount()).toBe(1);
    }
    jest.advanceTimersByTime(999);
    expect(ring).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(ring).toHaveBeenCalledTimes(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('leaves no timer when it is stopped', () => {
    const watch = new IdleTimer(1000, () => undefined);
    watch.start();
    watch.stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});
