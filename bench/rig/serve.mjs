/**
 * Answers the bench's questions over the IPC channel, and ends with it.
 *
 * @param {Record<string, (argument: any) => unknown>} answers
 */
export function serve(answers) {
  process.on(
    'message',
    async (/** @type {{ id: number, ask: string, argument: unknown }} */ message) => {
      const { id, ask, argument } = message;
      try {
        const answer = answers[ask];
        if (!answer) throw new Error(`No handler for ${ask}`);
        send({ id, value: await answer(argument) });
      } catch (error) {
        send({
          id,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
      }
    },
  );
  process.on('disconnect', () => process.exit(0));
}

/** @param {object} message */
function send(message) {
  if (process.connected) process.send?.(message);
}
