import { parentPort } from 'node:worker_threads';
import { compileSchema, UnusableSchema, type Validate } from './compile-schema.js';
import type { SchemaAnswer, SchemaJob } from './schema-job.js';

/**
 * What a `SchemaThread` runs: one job after the other, each answered by one message. The first message,
 * before any job, says that it is ready.
 */

/** Compiled schemas by their JSON text, the ones used last at the end. */
const compiled = new Map<string, Validate>();
const MOST_COMPILED = 100;

const anyJson: Validate = () => true;

function answer({ schema, text }: SchemaJob): SchemaAnswer {
  const begin = performance.now();
  try {
    const validate = schema === null ? anyJson : validateOf(schema);
    if (text === null) return { is: 'usable' };
    const valid = isValid(text, validate);
    return { is: 'judged', valid, ms: performance.now() - begin };
  } catch (error) {
    return error instanceof UnusableSchema
      ? { is: 'refused', why: error.message }
      : { is: 'failed' };
  }
}

function validateOf(schema: string): Validate {
  const validate = compiled.get(schema) ?? compileSchema(JSON.parse(schema));
  compiled.delete(schema);
  compiled.set(schema, validate);
  const [oldest] = compiled.keys();
  if (compiled.size > MOST_COMPILED && oldest !== undefined) compiled.delete(oldest);
  return validate;
}

/** Throws where the stack is too small for the text. */
function isValid(text: string, validate: Validate): boolean {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return false;
  }
  return validate(value);
}

parentPort?.on('message', (job: SchemaJob) => parentPort?.postMessage(answer(job)));
parentPort?.postMessage('ready');
