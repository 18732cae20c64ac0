import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programOf } from '../../scripts/prometheus/programs.mjs';

/** `describe` for what needs Prometheus's programs; where they are missing the end of the run says so. */
export const describePrometheus =
  programOf('promtool') !== null && programOf('prometheus') !== null ? describe : skipped();

function skipped(): typeof describe.skip {
  const { TEST_RUN_FOLDER: folder } = process.env;
  const why =
    'No Prometheus for the tests: npm run prometheus:build has not built it. Its suites were skipped.';
  if (folder) writeFileSync(join(folder, 'Prometheus.missing'), why);
  return describe.skip;
}
