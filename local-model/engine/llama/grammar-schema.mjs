import { FormatError } from '../format.mjs';

/**
 * @typedef {Record<string, unknown>} Schema
 */

/** Keywords that say what a value must be, and that a grammar here cannot hold. */
const NOT_HELD = [
  '$dynamicRef',
  'additionalItems',
  'allOf',
  'contains',
  'dependencies',
  'dependentRequired',
  'dependentSchemas',
  'exclusiveMaximum',
  'exclusiveMinimum',
  'if',
  'maximum',
  'minimum',
  'multipleOf',
  'not',
  'pattern',
  'patternProperties',
  'propertyNames',
  'unevaluatedItems',
  'unevaluatedProperties',
  'uniqueItems',
];
/** llama.cpp takes no more repetitions in a grammar. */
const MOST_REPETITIONS = 2000;
const BASIC = ['string', 'number', 'integer', 'boolean', 'null'];
const DATES = ['date-time', 'time', 'date'];
const LOCAL_REF = /^#\/(?:\$defs|definitions)\/([^/]+)$/;

/**
 * A JSON Schema as node-llama-cpp makes a grammar of it. It would ignore what it does not know; here
 * that is an error, since the answer would not be what was asked for. Keywords that only
 * describe are left out. All properties are given, also those that may be left out.
 *
 * @param {Schema} schema
 * @returns {Schema}
 */
export function grammarSchema(schema) {
  const defs = { ...record(schema.definitions), ...record(schema.$defs) };
  const known = Object.keys(defs);
  const converted = convert(schema, known);
  if (known.length === 0) return converted;
  const $defs = Object.fromEntries(
    Object.entries(defs).map(([name, inner]) => [name, convert(inner, known)]),
  );
  return { ...converted, $defs };
}

/**
 * @param {unknown} schema
 * @param {string[]} defs Names of the schemas that may be referred to.
 * @returns {Schema}
 */
function convert(schema, defs) {
  const given = record(schema);
  const notHeld = NOT_HELD.find((keyword) => keyword in given);
  if (notHeld !== undefined) throw cannot(`"${notHeld}"`);
  if ('$ref' in given) return { $ref: reference(given.$ref, defs) };
  if ('const' in given) return { enum: [primitive(given.const)] };
  if (Array.isArray(given.enum)) return { enum: given.enum.map(primitive) };
  const choices = given.oneOf ?? given.anyOf;
  if (Array.isArray(choices)) return { oneOf: choices.map((choice) => convert(choice, defs)) };
  const types = typesOf(given);
  const [type] = types;
  if (types.every((one) => BASIC.includes(one)) && types.length > 1) return { type: types };
  if (types.length > 1)
    return { oneOf: types.map((one) => convert({ ...given, type: one }, defs)) };
  if (type === 'object') return object(given, defs);
  if (type === 'array') return array(given, defs);
  if (type === 'string') return string(given);
  return { type };
}

/**
 * @param {Schema} schema
 * @returns {string[]}
 */
function typesOf({ type, properties, additionalProperties, items, prefixItems }) {
  if (typeof type === 'string') return [type];
  if (Array.isArray(type) && type.length > 0) return type.map(String);
  if (properties !== undefined || additionalProperties !== undefined) return ['object'];
  if (items !== undefined || prefixItems !== undefined) return ['array'];
  throw cannot('a value of any type');
}

/**
 * @param {Schema} schema
 * @param {string[]} defs
 */
function object(
  { properties, required, additionalProperties, minProperties, maxProperties },
  defs,
) {
  const known = record(properties);
  const missing = Array.isArray(required) && required.some((name) => !(String(name) in known));
  if (missing) throw cannot('a required property without a schema');
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(known).map(([name, inner]) => [name, convert(inner, defs)]),
    ),
    ...(isSchema(additionalProperties) && {
      additionalProperties: convert(additionalProperties, defs),
    }),
    ...(additionalProperties === true &&
      Object.keys(known).length === 0 && {
        additionalProperties: true,
      }),
    ...counts({ minProperties, maxProperties }),
  };
}

/**
 * @param {Schema} schema
 * @param {string[]} defs
 */
function array({ items, prefixItems, minItems, maxItems }, defs) {
  return {
    type: 'array',
    ...(isSchema(items) && { items: convert(items, defs) }),
    ...(Array.isArray(prefixItems) && {
      prefixItems: prefixItems.map((item) => convert(item, defs)),
    }),
    ...counts({ minItems, maxItems }),
  };
}

/** @param {Schema} schema */
function string({ format, minLength, maxLength }) {
  if (typeof format === 'string' && DATES.includes(format)) return { type: 'string', format };
  return { type: 'string', ...counts({ minLength, maxLength }) };
}

/** @param {Record<string, unknown>} given */
function counts(given) {
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [name, value] of set) {
    if (typeof value !== 'number' || value < 0 || value > MOST_REPETITIONS) {
      throw cannot(`"${name}" of other than 0 to ${MOST_REPETITIONS}`);
    }
  }
  return Object.fromEntries(set);
}

/**
 * @param {unknown} ref
 * @param {string[]} defs
 */
function reference(ref, defs) {
  const name = typeof ref === 'string' ? LOCAL_REF.exec(ref)?.[1] : undefined;
  if (name === undefined || !defs.includes(name)) throw cannot('a "$ref" to other than "$defs"');
  return `#/$defs/${name}`;
}

/** @param {unknown} value */
function primitive(value) {
  if (typeof value === 'object' && value !== null) throw cannot('objects and lists as values');
  return value;
}

/**
 * @param {unknown} value
 * @returns {value is Schema}
 */
function isSchema(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * @param {unknown} value
 * @returns {Schema}
 */
function record(value) {
  return isSchema(value) ? value : {};
}

/** @param {string} what */
function cannot(what) {
  // As Ollama begins it, so that its clients know what was refused.
  return new FormatError(`invalid JSON schema in format: local-model cannot follow ${what}`);
}
