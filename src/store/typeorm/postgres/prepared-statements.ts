import { createHash } from 'node:crypto';
import { faultOf } from '../database/driver-errors.js';

/** The name is not known to the server, or known already. */
const ERASED = /^(26000|42P05)$/;

/** A table is no longer what it was when the statement was planned, and would give other columns. */
const OUTDATED = '0A000';

/**
 * Names for statements, by which a connection plans each of them once: planning the large ones
 * takes the server several times as long as running them.
 *
 * A pooler between us and the server may hand out a connection that does not know a name, or knows
 * it from another client. Names are digests of their text, so a name always identifies the same
 * statement; after a refused name, no more names are used. After a change of a table all statements
 * get new names and are planned again.
 */
export class PreparedStatements {
  private names = new Map<string, string>();
  private refused = false;
  private edition = 0;

  nameOf(sql: string): string | undefined {
    if (this.refused) return undefined;
    const name = this.names.get(sql) ?? `chat_${this.edition}_${digest(sql)}`;
    this.names.set(sql, name);
    return name;
  }

  /**
   * Whether a statement failed only because of its name, and may be run again with another name or
   * without one.
   */
  isNameFailure(name: string, error: unknown): boolean {
    const { code } = faultOf(error);
    if (ERASED.test(code)) {
      this.refused = true;
      return true;
    }
    if (code !== OUTDATED) return false;
    this.renew(name);
    return true;
  }

  /** Once, however many connections fail with a name of the same edition. */
  private renew(name: string): void {
    if (!name.startsWith(`chat_${this.edition}_`)) return;
    this.edition += 1;
    this.names = new Map();
  }
}

function digest(sql: string): string {
  return createHash('sha256').update(sql).digest('hex').slice(0, 32);
}
