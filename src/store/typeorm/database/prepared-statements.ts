import { createHash } from 'node:crypto';
import { faultOf } from './vendor-error.js';

/**
 * Names for statements, by which a connection plans each of them once: planning the large ones takes
 * the server several times as long as running them.
 *
 * A pooler between us and the server may hand out a connection that does not know a name, or knows
 * it from somebody else. Names are digests of their text, so none can ever stand for another
 * statement; and once a name was refused, no more are used.
 */
export class PreparedStatements {
  private readonly names = new Map<string, string>();
  private refused = false;

  nameOf(sql: string): string | undefined {
    if (this.refused) return undefined;
    const name = this.names.get(sql) ?? digest(sql);
    this.names.set(sql, name);
    return name;
  }

  /** Whether a statement failed for its name alone, and so may be run again without. */
  refuse(error: unknown): boolean {
    if (this.refused || !/^(26000|42P05)$/.test(faultOf(error).code)) return false;
    this.refused = true;
    return true;
  }
}

function digest(sql: string): string {
  return `chat_${createHash('sha256').update(sql).digest('hex').slice(0, 32)}`;
}
