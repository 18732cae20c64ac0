import { loadSettings } from '../config/load-settings.js';
import type { Settings } from '../config/settings.js';
import { operatorFor, type Audit, type AuditAction } from '../observability/audit/audit.js';

/** An act of a command that was done. */
export interface DoneAct {
  readonly action: AuditAction;
  /** Whose data it was about; null for those of all. */
  readonly owner: string | null;
  /** The name of a key or of a store, without passwords. */
  readonly target: string | null;
}

/**
 * Runs an act of a command and writes it into the audit: `AUDIT_FILE`, else `LOG_FILE`. Without either
 * there is no log that a command could write to. Nothing is done where the file cannot be written.
 */
export async function audited<T>(
  work: () => Promise<T>,
  describe: (result: T) => DoneAct,
): Promise<T> {
  const audit = await opened(loadSettings().settings.log);
  try {
    const result = await work();
    const { owner, ...act } = describe(result);
    audit?.write({ ...operatorFor(owner), ...act, result: 'done' });
    return result;
  } finally {
    audit?.close();
  }
}

async function opened(log: Settings['log']): Promise<Audit | null> {
  if (log.auditFile === null && log.file === null) return null;
  const { createAudit } = await import('../observability/audit/create-audit.js');
  const { createLogger } = await import('../observability/create-logger.js');
  const nowhere = { write: () => undefined };
  const file = log.auditFile === null ? log.file : null;
  return createAudit(log, createLogger({ ...log, file }, nowhere).logger);
}
