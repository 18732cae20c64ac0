import { Ajv, MissingRefError, type Options } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { isSchema, mapSchema, type JsonSchema } from '../../domain/json-schema.js';
import { hasEndlessRef } from './endless-refs.js';

/** Says whether a value is as a schema wants it. */
export type Validate = (value: unknown) => boolean;

/** A schema that cannot be used; the message is for the client. */
export class UnusableSchema extends Error {}

const COMMON: Options = {
  strict: false,
  logger: false,
  // `format` says what a text is meant to be; in draft 2020-12 it refuses none.
  validateFormats: false,
};
/** For a schema of a client. Ajv would find the schemas of the drafts, too, which are not in it. */
const OWN: Options = {
  ...COMMON,
  meta: false,
  validateSchema: false,
  // Every object has `toString` and others; only what the text has counts.
  ownProperties: true,
  // 19.99 is a multiple of 0.01.
  multipleOfPrecision: 9,
  messages: false,
};

type Draft = 'draft-07' | '2020-12';

/** Checks a schema itself against its draft. */
const DRAFTS: Record<Draft, Ajv> = {
  'draft-07': new Ajv(COMMON),
  '2020-12': new Ajv2020(COMMON),
};

const URIS: Record<Draft, RegExp> = {
  'draft-07': /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/,
  '2020-12': /^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/,
};

const DRAFT_NAMES = Object.keys(DRAFTS).filter((name): name is Draft => name in DRAFTS);

/**
 * Compiles a schema of a client, each in an instance of its own: two may have the same `$id`. It
 * may take minutes, and so may what it gives.
 *
 * @throws UnusableSchema
 */
export function compileSchema(given: unknown): Validate {
  if (!isSchema(given)) throw new UnusableSchema('must be "json" or a JSON Schema object');
  const { $schema, ...rest } = given;
  const draft = draftOf($schema);
  const known = withoutOwnKeywords(rest);
  const schema = draft === 'draft-07' ? withoutSiblings(known) : known;
  const checked = DRAFTS[draft];
  if (checked.validateSchema(schema) !== true) throw wrongAt(checked);
  if (hasEndlessRef(schema)) {
    throw new UnusableSchema('must not have a $ref that leads back to itself without end');
  }
  const ajv = draft === 'draft-07' ? new Ajv(OWN) : new Ajv2020(OWN);
  // Ajv refuses the name that draft 4 had for `$id`.
  ajv.removeKeyword('id');
  try {
    return ajv.compile(schema);
  } catch (error) {
    throw unusable(error);
  }
}

function draftOf($schema: unknown): Draft {
  if ($schema === undefined) return '2020-12';
  const uri = typeof $schema === 'string' ? $schema : '';
  const draft = DRAFT_NAMES.find((name) => URIS[name].test(uri));
  if (draft) return draft;
  throw new UnusableSchema('must be of draft 7 or 2020-12: $schema names another one');
}

/** Without the keywords that Ajv has beside those of the drafts: they are unknown, and ignored. */
function withoutOwnKeywords(schema: JsonSchema): JsonSchema {
  return mapSchema(schema, ({ nullable: _nullable, $async: _async, ...rest }) => rest);
}

/** In draft 7 a `$ref` stands alone: what is beside it is ignored, but may be referred to. */
function withoutSiblings(schema: JsonSchema): JsonSchema {
  return mapSchema(schema, (each) => {
    const { $ref, definitions } = each;
    if (typeof $ref !== 'string') return each;
    return definitions === undefined ? { $ref } : { $ref, definitions };
  });
}

function wrongAt({ errors }: Ajv): UnusableSchema {
  const [error] = errors ?? [];
  const place = error?.instancePath ? ` at ${error.instancePath}` : '';
  return new UnusableSchema(`must be a valid JSON Schema${place}: ${error?.message ?? ''}`);
}

function unusable(error: unknown): UnusableSchema {
  if (error instanceof MissingRefError) {
    return new UnusableSchema('must not have a $ref to what is not in it; nothing is fetched');
  }
  if (error instanceof SyntaxError) {
    return new UnusableSchema('must not have a pattern that is no regular expression');
  }
  if (error instanceof RangeError) return new UnusableSchema('is too complex');
  return new UnusableSchema('must be a valid JSON Schema');
}
