/** One pair of quotation marks around all of it, with none of its kind inside. */
const QUOTED = /^(["'])([^]*)\1$/;

/**
 * A value without the quotation marks that a shell would have taken off: Docker's `--env-file` and
 * files of secrets leave them in.
 */
export function unquoted(text: string): string {
  const [, mark = '', inner = ''] = QUOTED.exec(text) ?? [];
  return mark === '' || inner.includes(mark) ? text : inner.trim();
}
