/** A failure before a byte of the answer that another attempt may mend. Never leaves the adapter. */
export class TransientFailure extends Error {
  override readonly name = 'TransientFailure';

  /**
   * @param staleSocket a kept connection turned out to be closed by the other side: the request was
   * most likely never seen, so repeating it costs no attempt.
   */
  constructor(
    message: string,
    readonly staleSocket = false,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}
