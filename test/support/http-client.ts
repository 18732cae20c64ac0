/** A JSON answer, with what a client looks at. */
export interface JsonAnswer {
  status: number;
  headers: Headers;
  // What the API answers is what the tests are about; its shape is asserted, not assumed.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

export async function getJson(
  url: string,
  headers: Record<string, string> = {},
): Promise<JsonAnswer> {
  return answerOf(await fetch(url, { headers }));
}

export async function sendJson(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<JsonAnswer> {
  return answerOf(
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

async function answerOf(response: Response): Promise<JsonAnswer> {
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}
