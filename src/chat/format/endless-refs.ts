import { isSchema, subschemasAt, subschemasOf, type JsonSchema } from '../../domain/json-schema.js';

/** Keywords whose schemas judge the same value as the schema that they stand in. */
const SAME_VALUE = ['allOf', 'anyOf', 'dependentSchemas', 'else', 'if', 'not', 'oneOf', 'then'];
const REFERENCES = ['$ref', '$dynamicRef'];
const ANCHORS = ['$anchor', '$dynamicAnchor'];

/**
 * Whether a schema leads back to itself without a step into the value, such as `{"$ref": "#"}`: to
 * judge any value by it would never end. References by `$id` are not followed.
 */
export function hasEndlessRef(root: JsonSchema): boolean {
  const resources = resourcesOf(root);
  const state = new Map<JsonSchema, 'open' | 'done'>();
  const isEndless = (schema: JsonSchema): boolean => {
    const known = state.get(schema);
    if (known !== undefined) return known === 'open';
    state.set(schema, 'open');
    const endless = sameValue(schema, resources.get(schema) ?? root).some(isEndless);
    state.set(schema, 'done');
    return endless;
  };
  return [...resources.keys()].some(isEndless);
}

/** Each schema, and the one whose `$id` it stands below: `#` is there. */
function resourcesOf(root: JsonSchema): Map<JsonSchema, JsonSchema> {
  const resources = new Map<JsonSchema, JsonSchema>();
  const add = (schema: JsonSchema, outer: JsonSchema): void => {
    const resource = typeof schema['$id'] === 'string' ? schema : outer;
    resources.set(schema, resource);
    for (const inner of subschemasOf(schema)) add(inner, resource);
  };
  add(root, root);
  return resources;
}

function sameValue(schema: JsonSchema, resource: JsonSchema): JsonSchema[] {
  const inner = SAME_VALUE.flatMap((keyword) => subschemasAt(keyword, schema[keyword]));
  return [...inner, ...REFERENCES.flatMap((keyword) => target(schema[keyword], resource))];
}

function target(reference: unknown, resource: JsonSchema): JsonSchema[] {
  if (typeof reference !== 'string' || !reference.startsWith('#')) return [];
  const fragment = decoded(reference.slice(1));
  if (fragment !== '' && !fragment.startsWith('/')) return anchored(resource, fragment);
  let found: unknown = resource;
  for (const step of fragment.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    found = typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined;
  }
  return isSchema(found) ? [found] : [];
}

function anchored(schema: JsonSchema, name: string): JsonSchema[] {
  if (ANCHORS.some((keyword) => schema[keyword] === name)) return [schema];
  return subschemasOf(schema).flatMap((inner) => anchored(inner, name));
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
