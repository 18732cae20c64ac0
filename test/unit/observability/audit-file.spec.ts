import { chmodSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Audit } from '../../../src/observability/audit/audit.js';
import { createAudit } from '../../../src/observability/audit/create-audit.js';
import { RecordingLogger } from '../../support/recording-logger.js';

describe('AUDIT_FILE', () => {
  let folder: string;
  let path: string;
  let audit: Audit | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'audit-'));
    path = join(folder, 'audit.log');
  });
  afterEach(() => {
    audit?.close();
    audit = undefined;
    rmSync(folder, { recursive: true });
  });

  const open = (): void => {
    audit = createAudit(
      { level: 'info', format: 'json', file: null, auditFile: path },
      new RecordingLogger(),
    );
  };
  const mode = (): number => statSync(path).mode & 0o777;
  const make = (rights: number): void => {
    writeFileSync(path, '');
    chmodSync(path, rights);
  };

  it.each(['640', '620', '644', '604'])('that existed with mode %s has 600', (rights) => {
    make(parseInt(rights, 8));
    open();
    expect(mode()).toBe(0o600);
  });

  it('is made for its owner alone, and is so again at SIGHUP', () => {
    open();
    expect(mode()).toBe(0o600);
    chmodSync(path, 0o640);
    process.emit('SIGHUP', 'SIGHUP');
    expect(mode()).toBe(0o600);
    renameSync(path, `${path}.1`);
    make(0o660);
    process.emit('SIGHUP', 'SIGHUP');
    expect(mode()).toBe(0o600);
  });
});
