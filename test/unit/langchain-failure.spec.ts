import { AppError } from '../../src/common/errors/app-error.js';
import { langChainFailure } from '../../src/models/transport/langchain-failure.js';
import { modelNotFound } from '../../src/models/model-errors.js';

const SERVER = {
  name: 'Fake',
  service: 'Fake service',
  requestStatuses: [413, 422],
  variables: { address: 'FAKE_BASE_URL', credentials: 'FAKE_API_KEY' },
  clientError: () => undefined,
  modelNotFound,
};
const failureOf = (error: unknown, begun = false) =>
  langChainFailure(error, begun, { server: SERVER, model: 'm' });

const withFields = (fields: object, message = 'secret') =>
  Object.assign(new Error(message), fields);
const fetchFailed = (code: string) =>
  new TypeError('fetch failed', { cause: withFields({ code }, 'connect failed') });

describe('what a LangChain chat model throws', () => {
  it.each([
    ['a refused connection', fetchFailed('ECONNREFUSED')],
    ['a name that is not resolved', fetchFailed('EAI_AGAIN')],
    ['429 of one client', withFields({ status: 429 })],
    ['502 of another', withFields({ status_code: 502 })],
    ['503 of a third, behind an error', new Error('x', { cause: withFields({ statusCode: 503 }) })],
  ])('may pass: %s', (_, error) => {
    expect(failureOf(error)).toMatchObject({ kind: 'transient' });
  });

  it.each([
    ['an unknown error', new Error('secret'), 'unavailable'],
    ['no error at all', 'secret', 'unavailable'],
    ["a vendor's own code", withFields({ code: 'invalid_prompt' }), 'unavailable'],
    ['a certificate', fetchFailed('CERT_HAS_EXPIRED'), 'unusable'],
    ['500', withFields({ status: 500 }), 'unavailable'],
    ['401', withFields({ status: 401 }), 'unavailable'],
  ])('is final: %s', (_, error, kind) => {
    expect(failureOf(error)).toMatchObject({ kind });
  });

  it('is an error of the client where the model is missing', () => {
    expect(failureOf(withFields({ status: 404 }))).toMatchObject({ reason: 'model_not_found' });
  });

  it('after a token is an interruption, whatever it was', () => {
    expect(failureOf(withFields({ status: 503 }), true)).toMatchObject({ kind: 'interrupted' });
  });

  it('does not quote an answer', () => {
    const failure = failureOf(new SyntaxError('Unexpected token in "secret"'), true);
    expect(failure.message).toBe('The model failed (SyntaxError)');
    expect(failure.cause).toBeUndefined();
  });

  it('is passed on where it is ours already', () => {
    const error = new AppError('model_unavailable', 'away');
    expect(failureOf(error, true)).toBe(error);
  });
});
