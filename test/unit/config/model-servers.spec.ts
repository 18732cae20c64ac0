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

describe('OPENAI_BASE_URL', () => {
  it.each([
    ['http://gpu:8000', 'http://gpu:8000/v1'],
    ['http://gpu:8000/', 'http://gpu:8000/v1'],
    ['https://models.example/api/v1/', 'https://models.example/api/v1'],
    ['http://[::1]:1234/v1', 'http://[::1]:1234/v1'],
  ])('%s is %s', (written, address) => {
    const { openai, models } = settingsOf({ OPENAI_BASE_URL: written });
    expect(openai.baseUrl).toBe(address);
    expect(models.servers).toEqual(['ollama', 'openai']);
  });

  it('alone turns the server on', () => {
    const env = { OLLAMA_ENABLED: 'false', OPENAI_BASE_URL: 'http://gpu:1/v1' };
    const { models } = settingsOf(env);
    expect([models.servers, models.default]).toEqual([['openai'], null]);
    expect(settingsOf({ OPENAI_API_KEY: 'sk-1' }).models.servers).toEqual(['ollama']);
  });

  it.each([
    'http://me:s3cret@gpu:8000/v1',
    'http://s3cret@gpu:8000/v1',
    'http://gpu:8000/v1?key=s3cret',
    'gpu:8000',
    'ftp://gpu/v1',
  ])('%s is refused, named and not shown', (written) => {
    const problems = problemsOf({ OPENAI_BASE_URL: written });
    expect(problems).toEqual([expect.stringMatching(/^OPENAI_BASE_URL: expected an http/)]);
    expect(problems.join()).not.toContain('s3cret');
  });

  it.each([
    ['http://localhost:8000/v1', {}],
    ['http://127.0.0.1:8000/v1', { API_HOST: '0.0.0.0' }],
    ['http://[::1]:9000/v1', { API_PORT: '9000', API_HOST: '::' }],
    ['http://10.1.2.3:8000/v1', { API_HOST: '10.1.2.3' }],
    ['http://localhost/v1', { API_PORT: '80' }],
  ])('%s with %j is the service itself', (written, env) => {
    expect(problemsOf({ OPENAI_BASE_URL: written, ...env })).toEqual([
      expect.stringMatching(/^OPENAI_BASE_URL: .*the service itself listens/),
    ]);
  });

  it.each([
    ['http://localhost:8001/v1', {}],
    ['http://gpu:8000/v1', {}],
    ['http://127.0.0.1:8000/v1', { API_HOST: '10.1.2.3' }],
  ])('%s with %j is another server', (written, env) => {
    expect(settingsOf({ OPENAI_BASE_URL: written, ...env }).openai.baseUrl).toBe(written);
  });
});
