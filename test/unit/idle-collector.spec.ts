import { jest } from '@jest/globals';
import { GenerationActivity } from '../../src/generation/generation-activity.js';
import { IdleCollector } from '../../src/memory/idle-collector.js';
import { MemoryStore } from '../../src/store/memory/memory-store.js';
import { RecordingLogger } from '../support/recording-logger.js';

const MIB = 1024 * 1024;
const SAMPLE_MS = 5_000;

describe('memory that a burst has left', () => {
  let activity: GenerationActivity;
  let collector: IdleCollector;
  let logger: RecordingLogger;
  let memory: number;

  beforeEach(() => {
    // The collection itself is real, and its end comes with setImmediate.
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
    jest.spyOn(process.memoryUsage, 'rss').mockImplementation(() => memory * MIB);
    jest.spyOn(process, 'cpuUsage').mockReturnValue({ user: 0, system: 0 });
    memory = 100;
    activity = new GenerationActivity(new MemoryStore());
    logger = new RecordingLogger();
    collector = new IdleCollector(activity, logger);
    collector.onApplicationBootstrap();
  });
  afterEach(() => {
    collector.onApplicationShutdown();
    jest.restoreAllMocks();
    jest.useRealTimers();
  });

  const collections = async (samples: number) => {
    const before = logger.records.length;
    for (let taken = 0; taken < samples; taken += 1) {
      await jest.advanceTimersByTimeAsync(SAMPLE_MS);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return logger.records.length - before;
  };

  it('is collected once the service is idle, after that of the start', async () => {
    expect(await collections(1)).toBe(1);
    expect(await collections(6)).toBe(0);
    memory = 500;
    expect(await collections(2)).toBe(1);
  });

  it('waits for the end of what is generated, since every stream would stand still', async () => {
    memory = 200;
    activity.begin();
    expect(await collections(10)).toBe(0);
    activity.end();
    expect(await collections(2)).toBe(1);
  });

  it('is collected all the same where it is very much', async () => {
    memory = 500;
    activity.begin();
    expect(await collections(3)).toBe(1);
  });
});
