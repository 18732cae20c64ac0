import { createHash } from 'node:crypto';

/** Names a schema by its JSON text, of which there may be many kilobytes. */
export function schemaKey(schema: string): string {
  return createHash('sha256').update(schema).digest('base64');
}
