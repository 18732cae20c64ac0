import { createHash } from 'node:crypto';
import { isStoreUnavailable } from '../../common/errors/app-error.js';
import { CommandError } from '../command-error.js';
import { ChangedMeanwhile } from './settling.js';

/** The bytes of an image while they are read; fails at their end if they are others. */
export async function* checkedImage(
  pieces: AsyncIterable<Buffer>,
  id: string,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  const iterator = pieces[Symbol.asyncIterator]();
  for (let next = await read(iterator); !next.done; next = await read(iterator)) {
    hash.update(next.value);
    yield next.value;
  }
  if (hash.digest('hex') !== id)
    throw new CommandError('An image of the store that is read is damaged');
}

async function read(iterator: AsyncIterator<Buffer>): Promise<IteratorResult<Buffer>> {
  try {
    return await iterator.next();
  } catch (error) {
    if (isStoreUnavailable(error)) throw error;
    // It went with its conversation.
    throw new ChangedMeanwhile();
  }
}
