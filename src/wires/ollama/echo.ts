import { isFields } from './request/fields.js';

/** What the bytes of an answer need of its request, as it is stored with the generation: the model's name as asked. */
export function writeEcho(model: string): string {
  return JSON.stringify({ model });
}

/** @param echo null of a generation that none of this wire's requests has begun */
export function modelOf({ echo, model }: { echo: string | null; model: string }): string {
  const value: unknown = echo === null ? null : JSON.parse(echo);
  return isFields(value) && typeof value['model'] === 'string' ? value['model'] : model;
}
