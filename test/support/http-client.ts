import { expectDocumentedHeaders, expectMatchesOpenApi } from './openapi-validator.js';

/** A JSON answer, with what a client looks at. */
export interface JsonAnswer {
  status: number;
  headers: Headers;
  // What the API answers is what the tests are about; its shape is asserted, not assumed.
  body: any;
}

export async function getJson(
  url: string,
  headers: Record<string, string> = {},
): Promise<JsonAnswer> {
  return answerOf('GET', url, await fetch(url, { headers }));
}

export async function sendJson(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<JsonAnswer> {
  return answerOf(
    method,
    url,
    await fetch(url, {
      method,
      headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
}

export const postJson = (
  url: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<JsonAnswer> => sendJson('POST', url, body, headers);

/** Every answer that a test sees must be one that the OpenAPI document describes. */
async function answerOf(method: string, url: string, response: Response): Promise<JsonAnswer> {
  const { status, headers } = response;
  const text = await response.text();
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  const { pathname } = new URL(url);
  expectMatchesOpenApi(method, pathname, status, body);
  expectDocumentedHeaders(method, pathname, status, headers);
  return { status, headers, body };
}
