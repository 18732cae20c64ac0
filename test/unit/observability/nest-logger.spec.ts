import { Inject, Injectable, Logger as NestLogger, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';

import { configModule } from '../../../src/config/config.module.js';
import { AppLogger } from '../../../src/observability/app-logger.js';
import { NestLoggerAdapter } from '../../../src/observability/nest-logger.js';
import { ObservabilityModule } from '../../../src/observability/observability.module.js';
import { testSettings } from '../../support/settings.js';
import { type Recorder, recordingLogger } from './recorder.js';

@Injectable()
class Chatty {
  private readonly nest = new NestLogger('Chatty');
  constructor(@Inject(AppLogger) readonly logger: AppLogger) {}

  speak(): void {
    this.nest.log('Logged');
    this.nest.warn('Warned');
    this.nest.debug('Debugged');
    this.nest.verbose('Told at length');
    this.nest.fatal('Ended');
    this.nest.error('Failed', 'Error: with what a person wrote\n    at foo (a.js:1:1)');
    this.nest.error(new TypeError('no way'));
    this.nest.log({ content: 'what a person wrote' });
  }
}

@Module({ providers: [Chatty] })
class ChattyModule {}

async function start(): Promise<{ chatty: Chatty; out: Recorder; logger: AppLogger }> {
  const { logger, out } = recordingLogger();
  const module = await Test.createTestingModule({
    imports: [configModule(testSettings()), ObservabilityModule.forRoot(logger), ChattyModule],
  })
    .setLogger(new NestLoggerAdapter(logger))
    .compile();
  const app = module.createNestApplication({ logger: new NestLoggerAdapter(logger) });
  await app.init();
  await app.close();
  return { chatty: module.get(Chatty), out, logger };
}

describe("Nest's own lines", () => {
  it('come out in our format, each at its level, with their context', async () => {
    const { chatty, out } = await start();
    out.text = '';
    chatty.speak();
    expect(out.records.map(({ level, context, msg }) => [level, context, msg])).toEqual([
      ['info', 'Chatty', 'Logged'],
      ['warn', 'Chatty', 'Warned'],
      ['debug', 'Chatty', 'Debugged'],
      ['trace', 'Chatty', 'Told at length'],
      ['fatal', 'Chatty', 'Ended'],
      ['error', 'Chatty', 'Failed'],
      ['error', 'Chatty', 'The framework reported an error'],
      ['info', 'Chatty', 'The framework reported an event'],
    ]);
    expect(out.records[5]).toMatchObject({ stack: ['at foo (a.js:1:1)'] });
    expect(out.records[6]).toMatchObject({ error: { name: 'TypeError', message: 'no way' } });
    expect(out.text).not.toContain('a person wrote');
  });

  it('about the start are for debugging', async () => {
    const { out } = await start();
    const start_ = out.records.filter(({ context }) => context === 'NestApplication');
    expect(start_.length).toBeGreaterThan(0);
    expect(new Set(out.records.map(({ level }) => level))).toEqual(new Set(['debug']));
  });
});

describe('ObservabilityModule', () => {
  it('gives the one logger to everybody', async () => {
    const { chatty, logger } = await start();
    expect(chatty.logger).toBe(logger);
  });
});
