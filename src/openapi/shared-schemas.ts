import type {
  OpenAPIObject,
  OperationObject,
  ReferenceObject,
  SchemaObject,
} from '@nestjs/swagger';
import { ENUMS } from './decorators/api-enum.js';
import { SCHEMAS_EXTENSION } from './decorators/api-event-stream.js';

const SCHEMAS = '#/components/schemas/';

type Schemas = Record<string, SchemaObject | ReferenceObject>;
type StreamOperation = OperationObject & { [SCHEMAS_EXTENSION]?: Schemas };

const NOTHING = { type: 'null' };
const TEXT = { type: 'string' };

const HAS_IMAGES = {
  required: ['images'],
  properties: { images: { type: 'array', minItems: 1 } },
};
const NOT_EMPTY = { minLength: 1 };

/**
 * Which fields of a chat request go together. With `if`, since `anyOf` or `oneOf` at the top of a
 * request makes generators drop its properties; these keywords they pass over.
 */
const CHAT_REQUEST_RULES = {
  if: { required: ['regenerate'], properties: { regenerate: { const: true } } },
  then: {
    required: ['conversation_id'],
    properties: {
      conversation_id: TEXT,
      message: NOTHING,
      system: NOTHING,
      images: { maxItems: 0 },
      tool_results: { maxItems: 0 },
    },
  },
  else: {
    if: {
      required: ['tool_results'],
      properties: { tool_results: { type: 'array', minItems: 1 } },
    },
    then: {
      required: ['conversation_id'],
      properties: { conversation_id: TEXT, system: NOTHING },
      if: HAS_IMAGES,
      else: { properties: { message: NOT_EMPTY } },
    },
    else: {
      if: HAS_IMAGES,
      else: { required: ['message'], properties: { message: { ...TEXT, ...NOT_EMPTY } } },
      anyOf: [{ properties: { system: NOTHING } }, { properties: { conversation_id: NOTHING } }],
    },
  },
  dependentSchemas: {
    parent_id: {
      if: { properties: { parent_id: TEXT } },
      then: { required: ['conversation_id'], properties: { conversation_id: TEXT } },
    },
  },
};

/** A change changes something. */
const UPDATE_RULES = { minProperties: 1 };

/**
 * What `parameters.format` may be. With `if` as well: of an `anyOf` of a text and a free object the
 * Java generator makes a class that does not compile; now each generator takes it for any JSON value.
 */
const OUTPUT_FORMAT_RULES = {
  if: TEXT,
  then: { const: 'json' },
  else: { type: ['object', 'null'] },
};

/** The schemas with what decorators cannot say of them. */
export function finishSchemas(schemas: Schemas): Schemas {
  const { ChatRequest, ModelParameters, UpdateConversation, ...others } = describeEnums(schemas);
  return {
    ...(ChatRequest && { ChatRequest: { ...ChatRequest, ...CHAT_REQUEST_RULES } }),
    ...(ModelParameters && { ModelParameters: withFormatRules(ModelParameters) }),
    ...(UpdateConversation && { UpdateConversation: { ...UpdateConversation, ...UPDATE_RULES } }),
    ...others,
  };
}

function withFormatRules<T extends SchemaObject | ReferenceObject>(parameters: T): T {
  if (!('properties' in parameters)) return parameters;
  const { format, ...others } = parameters.properties ?? {};
  if (!format || '$ref' in format) return parameters;
  const { type: _type, ...described } = format;
  return {
    ...parameters,
    properties: { ...others, format: { ...described, ...OUTPUT_FORMAT_RULES } },
  };
}

/** Gives each enumeration its own description; it has that of the first property that refers to it. */
function describeEnums(schemas: Schemas): Schemas {
  const described = { ...schemas };
  for (const [name, { description }] of Object.entries(ENUMS)) {
    const schema = schemas[name];
    if (schema) described[name] = { ...schema, description };
  }
  return described;
}

/** The schemas of all streams, which their operations hold until now. Changes `operations` in place. */
export function takeStreamSchemas(operations: readonly StreamOperation[]): Schemas {
  const schemas: Schemas = {};
  for (const operation of operations) {
    Object.assign(schemas, operation[SCHEMAS_EXTENSION]);
    Reflect.deleteProperty(operation, SCHEMAS_EXTENSION);
  }
  return schemas;
}

/** Requests are exact: a field that is not described is refused. Answers may gain fields. */
export function closeRequests(
  operations: readonly OperationObject[],
  document: OpenAPIObject,
): void {
  for (const { requestBody } of operations) {
    if (requestBody) closeSchemas(requestBody, document);
  }
}

function closeSchemas(node: unknown, document: OpenAPIObject): void {
  if (typeof node !== 'object' || node === null) return;
  if ('$ref' in node && typeof node.$ref === 'string') {
    const schema = document.components?.schemas?.[node.$ref.slice(SCHEMAS.length)];
    if (!schema || '$ref' in schema || schema.additionalProperties === false) return;
    if (schema.type !== 'object') return;
    schema.additionalProperties = false;
    closeSchemas(schema.properties, document);
    return;
  }
  for (const child of Object.values(node)) closeSchemas(child, document);
}
