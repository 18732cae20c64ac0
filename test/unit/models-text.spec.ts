import { jest } from '@jest/globals';
import { fullModelName, sameModel } from '../../src/models/model-name.js';
import { LineSplitter } from '../../src/models/providers/ollama/transport/line-splitter.js';
import { ModelPolicy } from '../../src/models/providers/ollama/catalog/model-policy.js';
import { SilenceWatch } from '../../src/models/providers/ollama/transport/silence-watch.js';
import { WholeText } from '../../src/models/providers/ollama/chat/whole-text.js';
import { readableSize } from '../../src/models/size.js';

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
  test('a name without a tag is its latest', () => {
    expect(sameModel('llama2', 'llama2:latest')).toBe(true);
    expect(sameModel('llama2', 'llama2:7b')).toBe(false);
    expect(fullModelName('host:5000/team/model')).toBe('host:5000/team/model:latest');
  });

  test('without a list every local name may be used, and no cloud tag', () => {
    const policy = new ModelPolicy(null);
    expect(policy.judge('llama2')).toBe('if_local');
    expect(policy.judge('my-cloud')).toBe('if_local');
    expect(policy.judge('gpt-oss:120b-cloud')).toBe('refused');
    expect(policy.judge('glm-4.6:cloud')).toBe('refused');
  });

  test('a list allows what it names, wherever that lives, and nothing else', () => {
    const policy = new ModelPolicy(['llama2', 'gpt-oss:120b-cloud']);
    expect(policy.judge('llama2:latest')).toBe('allowed');
    expect(policy.judge('gpt-oss:120b-cloud')).toBe('allowed');
    expect(policy.judge('llama2:7b')).toBe('refused');
    expect(policy.judge('Llama2')).toBe('refused');
  });
});

describe('WholeText', () => {
  const take = (...pieces: string[]) => {
    const whole = new WholeText();
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
    expect(() => lines([chunk, chunk], 100)).toThrow(
      expect.objectContaining({ reason: 'model_unavailable' }),
    );
  });
});

describe('SilenceWatch', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  test('rings once, after the last activity, with one timer for any number of touches', () => {
    const ring = jest.fn();
    const watch = new SilenceWatch(1000, ring);
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
    const watch = new SilenceWatch(1000, () => undefined);
    watch.start();
    watch.stop();
    expect(jest.getTimerCount()).toBe(0);
  });
});
