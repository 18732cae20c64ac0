// Lints openapi.json with Redocly's rules as redocly.yaml sets them; a warning fails too.
import { resolve } from 'node:path';
import { formatProblems, getTotals, lint, loadConfig } from '@redocly/openapi-core';

const root = resolve(import.meta.dirname, '..');
const config = await loadConfig({ configPath: resolve(root, 'redocly.yaml') });
const problems = await lint({ ref: resolve(root, 'openapi.json'), config });
const totals = getTotals(problems);
formatProblems(problems, { format: 'codeframe', totals, cwd: root });
process.exitCode = totals.errors + totals.warnings > 0 ? 1 : 0;
