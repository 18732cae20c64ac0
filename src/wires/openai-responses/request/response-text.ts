import { isSchema } from '../../../domain/json-schema.js';
import type { OutputFormat } from '../../../domain/model.js';
import { isFields, isGiven, refused, type Fields } from '../../given-fields.js';

/** What the text of an answer must be, and the same as a response repeats it. */
export interface ResponseText {
  /** Null: any text. */
  format: OutputFormat | null;
  repeated: { format: object };
}

/** Throws `validation`. */
export function readText({ text }: Fields): ResponseText {
  const format = isFields(text) ? text.format : null;
  if (isGiven(text) && !isFields(text)) throw refused('text', 'must be an object');
  if (!isGiven(format)) return { format: null, repeated: { format: { type: 'text' } } };
  if (isFields(format) && format.type === 'text')
    return { format: null, repeated: { format: { type: 'text' } } };
  if (isFields(format) && format.type === 'json_object')
    return { format: 'json', repeated: { format: { type: 'json_object' } } };
  if (isFields(format) && format.type === 'json_schema' && isSchema(format.schema))
    return { format: format.schema, repeated: { format: schemaFormat(format) } };
  throw refused(
    'text.format',
    'must be of type text, json_object, or json_schema with a JSON Schema',
  );
}

function schemaFormat({ name, description, schema, strict }: Fields): object {
  return {
    type: 'json_schema',
    name: name ?? 'response',
    description: description ?? null,
    schema,
    strict: strict ?? null,
  };
}
