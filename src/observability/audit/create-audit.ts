import type { Settings } from '../../config/settings.js';
import type { AppLogger } from '../app-logger.js';
import { Disclosed } from '../redaction/disclosed.js';
import { LogFile } from '../sinks/log-file.js';
import { reopenOnHangUp } from '../sinks/reopen-on-hang-up.js';
import { Audit, auditFields, type AuditAct } from './audit.js';

/**
 * Writes acts into the file of `AUDIT_FILE` alone, or else into the log.
 *
 * @throws LogFileError when `AUDIT_FILE` cannot be written
 */
export function createAudit({ auditFile }: Settings['log'], logger: AppLogger): Audit {
  return auditFile === null ? new LoggedAudit(logger) : new AuditFile(auditFile, logger);
}

class LoggedAudit extends Audit {
  constructor(private readonly logger: AppLogger) {
    super();
  }

  write(act: AuditAct): void {
    const fields = auditFields(act);
    const target = fields.target === null ? null : new Disclosed(fields.target);
    this.logger.info('Audit', { ...fields, target });
  }

  close(): void {
    // The log stays open.
  }
}

/** A line an act, private to this user; it may be rotated as the log file may. */
class AuditFile extends Audit {
  private readonly file: LogFile;
  readonly close: () => void;

  constructor(path: string, logger: AppLogger) {
    super();
    this.file = new LogFile(path, logger, {
      name: 'AUDIT_FILE',
      otherwise: 'acts are in no log meanwhile',
      refusedRights: 0o077,
    });
    this.close = reopenOnHangUp(this.file, logger, 'AUDIT_FILE');
  }

  write(act: AuditAct): void {
    this.file.write(`${JSON.stringify({ time: new Date().toISOString(), ...auditFields(act) })}\n`);
  }
}
