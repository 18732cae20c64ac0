import { readFileSync } from 'node:fs';
import ajvFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';

type Json = Record<string, unknown>;

/** The committed document. */
export const openApi = JSON.parse(
  readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'),
) as {
  paths: Record<string, Record<string, Json>>;
  components: {
    schemas: Record<string, Json>;
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
  const template = templateOf(path);
  const operation = template && openApi.paths[template]?.[method.toLowerCase()];
  if (!template || !operation) {
    expectSchema('/components/schemas/ErrorResponse', body);
    expect({ status, body }).toMatchObject({ status: 404, body: { reason: 'route_not_found' } });
    return;
  }
  const response = (operation['responses'] as Record<string, Json>)[String(status)];
  if (!response) throw new Error(`openapi.json has no ${String(status)} of ${method} ${template}`);
  if (body === undefined && !response['content']) return;
  const parts = ['paths', template, method.toLowerCase(), 'responses', String(status)];
  expectSchema(pointer(...parts, 'content', 'application/json', 'schema'), body);
}

/** Fails unless `event`, the JSON of one `data:` block, is one that the document describes. */
export function expectStreamEvent(event: unknown): void {
  expectSchema('/components/schemas/StreamEvent', event);
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

/** The document with every object closed: a field that nobody described is an error. */
function exact(document: typeof openApi): Json {
  const copy = structuredClone(document);
  for (const schema of Object.values(copy.components.schemas)) {
    if (schema['type'] === 'object') schema['additionalProperties'] ??= false;
  }
  return copy;
}
