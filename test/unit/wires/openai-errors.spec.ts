import { AppError, invalidField } from '../../../src/common/errors/app-error.js';
import {
  CODE_OF_REASON,
  ERROR_REASONS,
  STATUS_OF_CODE,
} from '../../../src/common/errors/error-codes.js';
import { openAiErrors, openAiFailure, OPENAI_ERRORS } from '../../../src/wires/openai-errors.js';
import { openApi, resolved } from '../../support/openapi-validator.js';

/** Failures whose status OpenAI’s clients try again, though nothing would change. */
const FINAL = [
  'idempotency_mismatch',
  'generation_exists',
  'conversation_deleted',
  'conversation_full',
  'tokens_limit',
  'model_silent',
  'generation_timeout',
];

/** Codes by which OpenAI’s clients decide; all others are the reason. */
const CODES: Record<string, string> = {
  context_exceeded: 'context_length_exceeded',
  requests_limit: 'rate_limit_exceeded',
  streams_limit: 'rate_limit_exceeded',
  tokens_limit: 'rate_limit_exceeded',
  unauthorized: 'invalid_api_key',
  key_expired: 'invalid_api_key',
  key_revoked: 'invalid_api_key',
};

const typeOf = (status: number): string => {
  if (status === 429) return 'requests';
  return status < 500 ? 'invalid_request_error' : 'server_error';
};

describe('errors of OpenAI’s API', () => {
  it.each(ERROR_REASONS)('%s has its code, its type, and whether to try again', (reason) => {
    const error = new AppError(reason, 'A sentence');
    const code = CODES[reason] ?? reason;
    const type = typeOf(error.status);
    expect(OPENAI_ERRORS.body(error, 'r')).toMatchObject({
      error: { code, type, reason, request_id: 'r' },
    });
    for (const isReplayed of [false, true])
      expect(OPENAI_ERRORS.headers?.(error, isReplayed)).toEqual(
        FINAL.includes(reason) || (isReplayed && error.status >= 500)
          ? { 'X-Should-Retry': 'false' }
          : {},
      );
    const failure = { error: 'A sentence', code: CODE_OF_REASON[reason], reason };
    expect(openAiFailure(failure)).toMatchObject({ code, type, reason, param: null });
  });

  it.each([
    ['parameters.think', 'reasoning.effort'],
    ['parameters.format', 'text.format'],
    ['images', 'input'],
    ['tools', 'tools'],
  ])('names the field %s as its API does', (field, param) => {
    const own = { input: 'input', think: 'reasoning.effort', format: 'text.format' };
    const error = invalidField({ field, message: 'is wrong' });
    expect(openAiErrors(own).body(error, 'r')).toMatchObject({
      error: { param, message: `Invalid request: ${param} is wrong` },
    });
  });

  it('says in the document which of them are not to be tried again', () => {
    const { responses } = openApi.paths['/v1/chat/completions']?.['post'] as any;
    const headersOf = (status: number): any => resolved(responses[String(status)]).headers;
    const documented = Object.keys(responses)
      .map(Number)
      .filter((status) => status >= 400 && headersOf(status)['X-Should-Retry']);
    const possible = FINAL.filter((reason) => !reason.startsWith('conversation_'));
    const statuses = ERROR_REASONS.filter((reason) => possible.includes(reason)).map(
      (reason) => STATUS_OF_CODE[CODE_OF_REASON[reason]],
    );
    // Any failure of an answer may be replayed.
    expect(documented).toEqual([...new Set([...statuses, 500, 503])].sort((a, b) => a - b));
    expect(documented).toEqual([409, 429, 500, 503, 504]);
    for (const status of documented)
      expect(headersOf(status)['X-Should-Retry'].schema.enum).toEqual(['false']);
    for (const item of Object.values(responses)) {
      const { headers } = resolved(item as any);
      const told: string = headers?.['X-Should-Retry']?.description ?? '';
      expect(told).not.toMatch(/`(requests_limit|streams_limit|internal)`/);
    }
  });
});
