import { ConfigService } from '@nestjs/config';
import { Test } from '@nestjs/testing';

import { configModule } from '../../../src/config/config.module.js';
import { apiConfig } from '../../../src/config/namespaces.js';
import { settingsOf } from './load.js';

describe('configModule', () => {
  it('gives a namespace by its key and through ConfigService', async () => {
    const settings = settingsOf({ API_PORT: '9000' });
    const module = await Test.createTestingModule({
      imports: [configModule(settings)],
    }).compile();
    expect(module.get(apiConfig.KEY, { strict: false })).toBe(settings.api);
    expect(module.get(ConfigService, { strict: false }).get('api.port')).toBe(9000);
    await module.close();
  });

  it('lets nothing of the environment past the checks', async () => {
    process.env['API_PORT'] = '1';
    try {
      const module = await Test.createTestingModule({
        imports: [configModule(settingsOf({}))],
      }).compile();
      expect(module.get(ConfigService, { strict: false }).get('API_PORT')).toBeUndefined();
      await module.close();
    } finally {
      delete process.env['API_PORT'];
    }
  });
});
