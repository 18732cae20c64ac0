import { CommandError } from '../command-error.js';

/** A conversation that changes more often while it is read is never read whole. */
export const MOST_TRIES = 20;

/** The conversation was changed while it was read: it has to be read again. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile';
}

export function neverSettles(): CommandError {
  return new CommandError('A conversation changes all the time; try again later');
}

/** Reads a conversation again until nothing changed it meanwhile. */
export async function settling<T>(read: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile)) throw error;
      if (tries === MOST_TRIES) throw neverSettles();
    }
  }
}
