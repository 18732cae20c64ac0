/**
 * What Jest counted in its last line. A run that ends badly without a failed test has one.
 *
 * @param {{ ok: boolean, output: string }} result
 */
export function testCounts({ ok, output }) {
  const [failures = 0, skipped = 0, passed = 0] = ['failed', 'skipped', 'passed'].map((word) =>
    Number(new RegExp(`^Tests: .*?(\\d+) ${word}`, 'm').exec(output)?.[1] ?? 0),
  );
  return { passed, skipped, failed: Math.max(failures, ok ? 0 : 1) };
}
