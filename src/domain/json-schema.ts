/** A JSON Schema that is an object, as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Keywords whose value is a schema. */
const WITH_SCHEMA = new Set([
  'additionalItems',
  'additionalProperties',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]);
/** Keywords whose value is a list of schemas; `items` is one in draft 7. */
const WITH_LIST = new Set(['allOf', 'anyOf', 'items', 'oneOf', 'prefixItems']);
/** Keywords whose value is an object of schemas. */
const WITH_NAMES = new Set([
  '$defs',
  'definitions',
  'dependencies',
  'dependentSchemas',
  'patternProperties',
  'properties',
]);

/** The schemas directly in a schema: what looks like one in a `const` or an `enum` is a value. */
export function subschemasOf(schema: JsonSchema): JsonSchema[] {
  return Object.entries(schema).flatMap(([keyword, value]) => subschemasAt(keyword, value));
}

/** The schemas that are the value of a keyword. */
export function subschemasAt(keyword: string, value: unknown): JsonSchema[] {
  if (WITH_LIST.has(keyword) && Array.isArray(value)) return value.filter(isSchema);
  if (!isSchema(value)) return [];
  if (WITH_SCHEMA.has(keyword)) return [value];
  return WITH_NAMES.has(keyword) ? Object.values(value).filter(isSchema) : [];
}

/** A copy, in which `change` has replaced each schema, the inner ones first. */
export function mapSchema(
  schema: JsonSchema,
  change: (schema: JsonSchema) => JsonSchema,
): JsonSchema {
  const mapped = (value: unknown): unknown => (isSchema(value) ? mapSchema(value, change) : value);
  return change(
    mapValues(schema, (value, keyword) => {
      if (WITH_LIST.has(keyword) && Array.isArray(value)) return value.map(mapped);
      if (WITH_SCHEMA.has(keyword)) return mapped(value);
      return WITH_NAMES.has(keyword) && isSchema(value) ? mapValues(value, mapped) : value;
    }),
  );
}

/** `fromEntries` makes a field of `__proto__`, too. */
function mapValues(
  fields: JsonSchema,
  change: (value: unknown, name: string) => unknown,
): JsonSchema {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, change(value, name)]),
  );
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
