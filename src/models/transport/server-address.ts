import { urlToHttpOptions } from 'node:url';

export interface Credentials {
  /** Scheme, host, an optional path, and user and password if the server requires them. */
  baseUrl: string;
  /** For `Authorization: Bearer`. */
  apiKey: string | null;
  /** Additional headers: names in lower case, and values. */
  headers: readonly (readonly [name: string, value: string])[];
}

/** Address and credentials of a server, and the media type of its responses. */
export interface ServerAddress extends Credentials {
  /** Media types for the header `Accept`. */
  accept: string;
}

/** Name, value, name, value: the headers of every request. */
export function requestHeaders({ baseUrl, apiKey, headers }: Credentials): string[] {
  const own = [...basicAuthorization(baseUrl), ...bearerAuthorization(apiKey), ...headers.flat()];
  return own.includes('user-agent') ? own : ['user-agent', 'ollama-chat-service', ...own];
}

/** The address without credentials, safe to show. */
export function withoutCredentials(baseUrl: string): string {
  const url = new URL(baseUrl);
  url.username = '';
  url.password = '';
  return url.href;
}

function basicAuthorization(baseUrl: string): string[] {
  const { auth } = urlToHttpOptions(new URL(baseUrl));
  return auth ? ['authorization', `Basic ${Buffer.from(auth).toString('base64')}`] : [];
}

function bearerAuthorization(apiKey: string | null): string[] {
  return apiKey === null ? [] : ['authorization', `Bearer ${apiKey}`];
}
