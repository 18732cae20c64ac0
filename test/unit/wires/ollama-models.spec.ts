import type { ModelInfo, ModelProfile } from '../../../src/domain/model.js';
import { toShown, toTag } from '../../../src/wires/ollama/models.js';

const MODEL: ModelInfo = {
  name: 'llama3:8b',
  provider: 'ollama',
  modifiedAt: '2026-01-02T03:04:05.000Z',
  sizeBytes: 4_700_000_000,
  family: 'llama',
  parameterSize: '8.0B',
  quantization: 'Q4_K_M',
  contextLength: 131_072,
  capabilities: ['completion', 'tools'],
};
const UNKNOWN: ModelInfo = {
  ...MODEL,
  ...{ sizeBytes: null, family: null, parameterSize: null, quantization: null },
  ...{ contextLength: null, capabilities: null },
};
const DETAILS = {
  parent_model: '',
  format: '',
  family: 'llama',
  families: ['llama'],
  parameter_size: '8.0B',
  quantization_level: 'Q4_K_M',
};
const NO_DETAILS = {
  ...DETAILS,
  ...{ family: '', families: [], parameter_size: '', quantization_level: '' },
};
const profile = (capabilities: string[] | null) =>
  ({ contextTokens: 8192, capabilities }) as ModelProfile;

describe('a model in Ollama’s list', () => {
  it('has what is known of it, and a digest that is its own', () => {
    expect(toTag(MODEL)).toEqual({
      name: 'llama3:8b',
      model: 'llama3:8b',
      modified_at: '2026-01-02T03:04:05.000Z',
      size: 4_700_000_000,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      details: DETAILS,
    });
    expect(toTag(UNKNOWN).details).toEqual(NO_DETAILS);
    const others = [{ name: 'x' }, { modifiedAt: '2027-01-01T00:00:00.000Z' }, { sizeBytes: 1 }];
    const digests = [MODEL, ...others.map((fields) => ({ ...MODEL, ...fields }))].map(
      (model) => toTag(model).digest,
    );
    expect(new Set(digests).size).toBe(4);
    expect(toTag({ ...MODEL }).digest).toBe(digests[0]);
  });
});

describe('a model that Ollama’s clients are shown', () => {
  it('has the context that its chats have, and the numbers that the command line needs', () => {
    expect(toShown(MODEL, profile(['vision']))).toEqual({
      modelfile: '',
      parameters: 'num_ctx 8192',
      template: '',
      details: DETAILS,
      model_info: {
        'general.architecture': 'llama',
        'general.parameter_count': 8e9,
        'llama.context_length': 131_072,
        'llama.embedding_length': 0,
      },
      capabilities: ['vision'],
      modified_at: MODEL.modifiedAt,
    });
    expect(toShown(UNKNOWN, profile(null))).toMatchObject({
      details: NO_DETAILS,
      model_info: {
        'general.architecture': 'unknown',
        'general.parameter_count': 0,
        'unknown.context_length': 8192,
        'unknown.embedding_length': 0,
      },
      capabilities: ['completion'],
    });
    expect(toShown(MODEL, profile(null)).capabilities).toEqual(['completion', 'tools']);
  });

  it.each([
    ['135M', 135e6],
    ['494.03M', 494_030_000],
    ['900K', 900e3],
    ['1.1T', 1.1e12],
    ['eight', 0],
  ])('has as many parameters as %s says', (parameterSize, count) => {
    const { model_info: info } = toShown({ ...MODEL, parameterSize }, profile(null));
    expect(info['general.parameter_count']).toBe(count);
  });
});
