import { urlToHttpOptions } from 'node:url';

export interface Credentials {
  /** Scheme, host, an optional path, and user and password where the server asks for them. */
  baseUrl: string;
  /** For `Authorization: Bearer`. */
  apiKey: string | null;
  /** Further headers: names in small letters, and values. */
  headers: readonly (readonly [name: string, value: string])[];
}

/** How a server is reached and signed in to, and what it answers with. */
export interface ServerAddress extends Credentials {
  /** Media types for the header `Accept`. */
  accept: string;
}

/** Name, value, name, value: what every request says of its sender. */
export function requestHeaders({ baseUrl, apiKey, headers }: Credentials): string[] {
  const own = [...basicAuthorization(baseUrl), ...bearerAuthorization(apiKey), ...headers.flat()];
  return own.includes('user-agent') ? own : ['user-agent', 'ollama-chat-service', ...own];
}

/** The address as it may be shown. */
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
