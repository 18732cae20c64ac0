import { readFileSync } from 'node:fs';
import ajvFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';

type Json = Record<string, unknown>;

interface HeaderObject extends Json {
  required?: boolean;
  schema?: unknown;
}

interface ResponseObject extends Json {
  content?: Record<string, Json>;
  headers?: Record<string, HeaderObject>;
}

/** The committed document. */
export const openApi = JSON.parse(
  readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'),
) as {
  info: { version: string };
  servers: unknown;
  paths: Record<string, Record<string, Json>>;
  components: {
    schemas: Record<string, Json>;
    responses: Record<string, ResponseObject>;
    headers: Record<string, HeaderObject>;
    examples: Record<string, { value: unknown }>;
  };
};

const DOCUMENT = 'openapi.json';

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajvFormats.default(ajv);
ajv.addSchema({ $id: DOCUMENT, ...exact(openApi) });

/**
 * Fails unless the document knows this answer: the route, its status, and a JSON body of the
 * described shape without a field that is not described. `path` is as it was asked for.
 */
export function expectMatchesOpenApi(
  method: string,
  path: string,
  status: number,
  body: unknown,
): void {
  const place = placeOf(method, path, status);
  if (!place) {
    expectSchema('/components/schemas/ErrorResponse', body);
    expect({ status, body }).toMatchObject({ status: 404, body: { reason: 'route_not_found' } });
    return;
  }
  // A 202 may be asked for without its body.
  if (body === undefined && (!place.response.content || status === 202)) return;
  expectSchema(`${place.at}${pointer('content', 'application/json', 'schema')}`, body);
}

/** Headers that say something to a client; others are HTTP's own, or are for caches and browsers. */
const TELLING =
  /^(x-(?!content-type-options|accel-buffering)|ratelimit|retry-after|location|preference-applied|idempotency|www-authenticate|allow$)/;

/**
 * Fails unless the document knows each telling header of this answer, with such a value, and unless
 * those are there that it promises.
 */
export function expectDocumentedHeaders(
  method: string,
  path: string,
  status: number,
  headers: Headers,
): void {
  const place = placeOf(method, path, status);
  if (!place) return;
  const described = new Map<string, HeaderObject>(
    Object.entries(place.response.headers ?? {}).map(([name, header]) => [
      name.toLowerCase(),
      resolved(header),
    ]),
  );
  for (const [name, value] of headers) {
    if (!TELLING.test(name)) continue;
    const header = described.get(name);
    if (!header) throw new Error(`openapi.json has no header ${name} at ${place.at}`);
    const { schema = {} } = header as { schema?: Json };
    const read: unknown = schema['type'] === 'integer' ? Number(value) : value;
    if (!ajv.validate(schema, read)) throw new Error(`${name}: ${value} is not as at ${place.at}`);
  }
  for (const [name, { required }] of described) {
    if (required) expect({ name, sent: headers.has(name) }).toEqual({ name, sent: true });
  }
}

/** Where the document describes this answer, references followed; null for an unknown route. */
function placeOf(
  method: string,
  path: string,
  status: number,
): { at: string; response: ResponseObject } | null {
  const template = templateOf(path);
  const operation = template && openApi.paths[template]?.[method.toLowerCase()];
  if (!template || !operation) return null;
  const described = (operation['responses'] as Record<string, Json>)[String(status)];
  if (!described) throw new Error(`openapi.json has no ${String(status)} of ${method} ${template}`);
  const inline = pointer('paths', template, method.toLowerCase(), 'responses', String(status));
  const at = typeof described['$ref'] === 'string' ? described['$ref'].slice(1) : inline;
  return { at, response: resolved(described) };
}

/** What a reference of the document stands for. */
export function resolved(described: Json): any {
  const { $ref } = described;
  if (typeof $ref !== 'string') return described;
  return $ref
    .slice('#/'.length)
    .split('/')
    .reduce<any>((node, key) => node[key], openApi);
}

/** Fails unless `event`, the JSON of one `data:` block, is one that the document describes. */
export function expectStreamEvent(event: unknown): void {
  expectSchema('/components/schemas/StreamEvent', event);
}

/** Whether the document allows `body` where it has this schema. */
export function isRequest(schema: string, body: unknown): boolean {
  return ajv.getSchema(`${DOCUMENT}#/components/schemas/${schema}`)?.(body) === true;
}

/** Whether the document allows `body` for a request of this route, `post /api/chat` say. */
export function isBodyOf(method: string, path: string, body: unknown): boolean {
  const at = ['paths', path, method, 'requestBody', 'content', 'application/json', 'schema'];
  const pointer = at.map((name) => name.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
  return ajv.getSchema(`${DOCUMENT}#/${encodeURI(pointer)}`)?.(body) === true;
}

function expectSchema(at: string, value: unknown): void {
  const validate = ajv.getSchema(`${DOCUMENT}#${at}`);
  if (!validate) throw new Error(`openapi.json has no schema at ${at}`);
  if (validate(value)) return;
  const errors = ajv.errorsText(validate.errors, { dataVar: 'it', separator: '\n' });
  throw new Error(`Not as openapi.json says at ${at}:\n${errors}\n${JSON.stringify(value)}`);
}

/** `/api/history/42` → `/api/history/{id}`; a path without parameters goes first. */
function templateOf(path: string): string | undefined {
  const [plain = ''] = path.split('?', 1);
  const matches = Object.keys(openApi.paths).filter((template) =>
    new RegExp(`^${template.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(plain),
  );
  return matches.find((template) => !template.includes('{')) ?? matches[0];
}

const pointer = (...parts: string[]): string =>
  parts
    .map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
    .join('');

/** The document with every object closed: a field that is not described is an error. */
function exact(document: typeof openApi): Json {
  const copy = structuredClone(document);
  for (const schema of Object.values(copy.components.schemas)) {
    if (schema['type'] === 'object') schema['additionalProperties'] ??= false;
  }
  return copy;
}
