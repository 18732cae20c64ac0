import type { AppLogger } from '../app-logger.js';
import type { LogFile } from './log-file.js';

/**
 * Tools that rotate logs send SIGHUP after they have moved the file. With such a file the signal means
 * that, and does not end the process. Returns how to close the file.
 */
export function reopenOnHangUp(file: LogFile, logger: AppLogger, name: string): () => void {
  const onHangUp = (): void => {
    try {
      file.reopen();
    } catch (error) {
      logger.error(`${name} could not be opened again`, { error });
    }
  };
  process.on('SIGHUP', onHangUp);
  return () => {
    process.off('SIGHUP', onHangUp);
    file.close();
  };
}
