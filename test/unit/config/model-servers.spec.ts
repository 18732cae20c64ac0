import { load, problemsOf, settingsOf } from './load.js';

describe('the default model', () => {
  it.each([
    [{}, 'llama2', 'OLLAMA_DEFAULT_MODEL'],
    [{ OLLAMA_DEFAULT_MODEL: 'mistral' }, 'mistral', 'OLLAMA_DEFAULT_MODEL'],
    [{ MODEL_DEFAULT: 'qwen3' }, 'qwen3', 'MODEL_DEFAULT'],
    [{ MODEL_DEFAULT: 'qwen3', OLLAMA_DEFAULT_MODEL: 'mistral' }, 'qwen3', 'MODEL_DEFAULT'],
  ])('of %j is %s', (env, name, variable) => {
    const { models } = settingsOf(env);
    expect([models.default, models.defaultVariable]).toEqual([name, variable]);
  });

  it('that MODEL_ALLOW does not name is warned of by its variable', () => {
    const warnings = (env: Record<string, string>) =>
      load({ API_HOST: '127.0.0.1', CORS_ORIGINS: 'http://a', MODEL_ALLOW: 'qwen3', ...env })
        .warnings;
    expect(warnings({})).toEqual([expect.stringMatching(/^OLLAMA_DEFAULT_MODEL is not in/)]);
    expect(warnings({ MODEL_DEFAULT: 'mistral' })).toEqual([
      expect.stringMatching(/^MODEL_DEFAULT is not in MODEL_ALLOW/),
    ]);
    expect(warnings({ MODEL_DEFAULT: 'ollama/qwen3' })).toEqual([]);
  });
});

describe('OLLAMA_ENABLED', () => {
  it('is refused where no model server is left', () => {
    expect(problemsOf({ OLLAMA_ENABLED: 'false' })).toEqual([
      'OLLAMA_ENABLED: expected true, since no other model server is configured',
    ]);
  });
});
