import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { NewGeneration, StagedMessage } from '../../../src/domain/generation.js';
import { IMAGE_PIECE_BYTES, type NewImage } from '../../../src/domain/image.js';
import type { ImageUse } from '../../../src/store/image-store.js';
import type { Store } from '../../../src/store/store.js';
import { completed, failed, said, Scene, T0, type StoreUnderTest } from './scene.js';

const ROOM = 2 ** 30;

/** An image with its bytes at hand. */
export interface KnownImage extends NewImage {
  data: Buffer;
}

/** Some bytes as an image; the store does not look at them. */
export function image(bytes = 700_000): KnownImage {
  const data = randomBytes(bytes);
  const id = createHash('sha256').update(data).digest('hex');
  const starts = Array.from(
    { length: Math.ceil(bytes / IMAGE_PIECE_BYTES) },
    (_, place) => place * IMAGE_PIECE_BYTES,
  );
  const pieces = () => starts.map((start) => data.subarray(start, start + IMAGE_PIECE_BYTES));
  return { id, mediaType: 'image/webp', bytes, data, pieces };
}

/** A turn whose question has images. */
export interface ImageTurn {
  turn: NewGeneration;
  use: ImageUse;
}

/** A turn with these images, put but not claimed. */
export async function withImages(
  one: Scene,
  images: readonly NewImage[],
  conversationId?: string,
): Promise<ImageTurn> {
  const references = images.map(({ id, mediaType, bytes }) => ({ id, mediaType, bytes }));
  const message: StagedMessage = { ...said('user', ''), images: references };
  const turn = one.opening();
  const inConversation =
    conversationId === undefined
      ? { ...turn, turn: { ...turn.turn, messages: [message] } }
      : one.reply(conversationId, { messages: [message] });
  const use = {
    ownerId: one.ownerId,
    conversationId: inConversation.conversationId,
    messageId: message.id,
  };
  for (const item of images) expect(await one.store.images.put(use, item, ROOM)).toBe('stored');
  return { turn: inConversation, use };
}

/** The whole turn. */
export async function answeredWithImages(
  one: Scene,
  images: readonly NewImage[],
  conversationId?: string,
): Promise<ImageTurn> {
  const made = await withImages(one, images, conversationId);
  await one.answered(made.turn);
  return made;
}

/** Bytes of an image as a conversation gives them; null if it has none of this id. */
export async function bytesOf(
  one: Scene,
  conversationId: string,
  id: string,
): Promise<Buffer | null> {
  const reading = await one.store.images.read(one.ownerId, conversationId, id);
  if (!reading) return null;
  const pieces: Buffer[] = [];
  for await (const piece of reading.pieces) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Whether a conversation gives an image whole. */
export async function isKept(one: Scene, conversationId: string, wanted: KnownImage) {
  return (await bytesOf(one, conversationId, wanted.id))?.equals(wanted.data) ?? false;
}

export function describeImages(store: () => Store): void {
  describe('images', () => {
    const scene = () => new Scene(store());
    const used = (one: Scene) => one.store.images.usedBytes(one.ownerId);
    /** All that was put before now is decided. */
    const sweep = (one: Scene) => one.store.images.sweep(Date.now() + 1);

    it.each([1, IMAGE_PIECE_BYTES, 700_000, 10_000_000])(
      'of %d bytes are read as stored',
      async (size) => {
        const one = scene();
        const picture = image(size);
        const { turn } = await answeredWithImages(one, [picture]);
        const { conversationId } = turn;
        const reading = await one.store.images.read(one.ownerId, conversationId, picture.id);
        expect(reading).toMatchObject({ mediaType: 'image/webp', bytes: size });
        expect((await bytesOf(one, conversationId, picture.id))?.equals(picture.data)).toBe(true);
        const [question] = (await one.conversation(conversationId)).messages;
        expect(question?.images).toEqual([
          { id: picture.id, mediaType: 'image/webp', bytes: size },
        ]);
      },
      30_000,
    );

    it('are shared by forks, and go with the last message that uses them', async () => {
      const one = scene();
      const picture = image();
      const { turn, use } = await answeredWithImages(one, [picture]);
      const { conversationId: id } = turn;
      const fork = { messageId: null, id: randomUUID(), createdAt: T0, newId: randomUUID };
      await one.conversations.fork(one.ownerId, id, fork, null);
      expect(await isKept(one, fork.id, picture)).toBe(true);
      expect(await used(one)).toBe(picture.bytes);

      await one.conversations.deleteMessage(one.ownerId, id, use.messageId, null);
      expect(await isKept(one, id, picture)).toBe(false);
      await sweep(one);
      expect(await isKept(one, fork.id, picture)).toBe(true);
      const [question] = (await one.conversation(fork.id)).messages;
      await one.conversations.deleteMessage(one.ownerId, fork.id, question?.id ?? '', null);
      expect(await used(one)).toBe(0);
    });

    it('are stored once for equal bytes of an owner', async () => {
      const one = scene();
      const picture = image();
      const first = await answeredWithImages(one, [picture, picture]);
      const second = await answeredWithImages(one, [picture]);
      expect(await used(one)).toBe(picture.bytes);
      const other = scene();
      expect(await used(other)).toBe(0);
      await answeredWithImages(other, [picture]);
      expect(await used(other)).toBe(picture.bytes);
      for (const { turn } of [first, second])
        expect(await isKept(one, turn.conversationId, picture)).toBe(true);
    });

    it('are read only through a conversation of their owner that has them', async () => {
      const one = scene();
      const picture = image(100);
      const { turn } = await answeredWithImages(one, [picture]);
      const plain = await one.answered(one.opening());
      expect(await bytesOf(one, plain.conversationId, picture.id)).toBeNull();
      expect(await bytesOf(one, 'unknown', picture.id)).toBeNull();
      expect(await bytesOf(one, turn.conversationId, 'f'.repeat(64))).toBeNull();
      expect(await bytesOf(scene(), turn.conversationId, picture.id)).toBeNull();
    });

    it('go with the last conversation that has them', async () => {
      const one = scene();
      const [shared, own] = [image(), image()];
      const first = await answeredWithImages(one, [shared, own]);
      const second = await answeredWithImages(one, [shared]);
      await one.conversations.delete(one.ownerId, first.turn.conversationId, null);
      expect(await used(one)).toBe(shared.bytes);
      expect(await bytesOf(one, first.turn.conversationId, shared.id)).toBeNull();
      expect(await isKept(one, second.turn.conversationId, shared)).toBe(true);
      await one.conversations.delete(one.ownerId, second.turn.conversationId, null);
      expect(await used(one)).toBe(0);
    });

    it('go with the oldest conversation, when it makes room', async () => {
      const one = scene();
      const picture = image();
      const { turn } = await answeredWithImages(one, [picture]);
      const next = await one.answered(one.opening({ at: turn.createdAt + 10_000 }));
      await one.conversations.removeOldest(one.ownerId, 1, next.conversationId);
      expect(await one.listed()).toEqual([next.conversationId]);
      expect(await used(one)).toBe(0);
    });

    it('are refused beyond the owner’s room, and nothing of them is stored', async () => {
      const one = scene();
      const { images } = one.store;
      const [first, second] = [image(1000), image(501)];
      const { use } = await answeredWithImages(one, [first]);
      const next = { ...use, messageId: 'other' };
      expect(await images.put(next, second, 1500)).toBe('full');
      expect(await used(one)).toBe(1000);
      expect(await bytesOf(one, use.conversationId, second.id)).toBeNull();
      // What is there takes no room.
      expect(await images.put(next, first, 500)).toBe('stored');
      expect(await images.put(next, second, 1501)).toBe('stored');
      expect(await used(one)).toBe(1501);
    });

    it('never take more than the room, however many come at once', async () => {
      const one = scene();
      const use = { ownerId: one.ownerId, conversationId: 'c', messageId: 'm' };
      const put = () => one.store.images.put(use, image(1000), 3500);
      const outcomes = await Promise.all(Array.from({ length: 8 }, put));
      const stored = outcomes.filter((outcome) => outcome === 'stored').length;
      expect(stored).toBeLessThanOrEqual(3);
      expect(await used(one)).toBe(stored * 1000);
      await one.store.images.release(use);
      expect(await used(one)).toBe(0);
    });

    it('are taken back from a message that does not come about', async () => {
      const one = scene();
      const [shared, own] = [image(), image()];
      const kept = await answeredWithImages(one, [shared]);
      const { use } = await withImages(one, [shared, own], kept.turn.conversationId);
      await one.store.images.release(use);
      await one.store.images.release(use);
      expect(await used(one)).toBe(shared.bytes);
      expect(await isKept(one, use.conversationId, shared)).toBe(true);
      expect(await bytesOf(one, use.conversationId, own.id)).toBeNull();
    });

    it.each([
      ['never claimed', async () => Promise.resolve()],
      [
        'failed before its first token',
        async (one: Scene, turn: NewGeneration) => {
          await one.claimed(turn);
          await one.finish(turn, failed('', false));
        },
      ],
      [
        'abandoned',
        async (one: Scene, turn: NewGeneration) => {
          await one.claimed(turn);
          await one.generations.abandon(turn.key, one.workerId);
        },
      ],
    ])('of a turn that was %s are swept', async (_name, end) => {
      const one = scene();
      const { turn, use } = await withImages(one, [image()]);
      await end(one, turn);
      await one.store.images.sweep(Date.now() - 60_000);
      expect(await used(one)).toBe(700_000);
      await sweep(one);
      expect(await used(one)).toBe(0);
      const reply = await one.answered(one.opening());
      const again = await withImages(one, [image()], reply.conversationId);
      await end(one, again.turn);
      await sweep(one);
      expect(await used(one)).toBe(0);
      expect(use.messageId).not.toBe(again.use.messageId);
    });

    it('of a message are not swept, nor those of a turn that runs', async () => {
      const one = scene();
      const [asked, running] = [image(), image()];
      const { turn } = await answeredWithImages(one, [asked]);
      const next = await withImages(one, [running], turn.conversationId);
      await one.claimed(next.turn);
      await sweep(one);
      await sweep(one);
      expect(await used(one)).toBe(1_400_000);
      await one.finish(next.turn, completed('Yes'));
      await sweep(one);
      await one.conversations.delete(one.ownerId, 'unknown', null);
      expect(await isKept(one, turn.conversationId, asked)).toBe(true);
      expect(await isKept(one, turn.conversationId, running)).toBe(true);
    });

    it('that are put again after a sweep took them are there', async () => {
      const one = scene();
      const picture = image();
      const { turn, use } = await withImages(one, [picture]);
      await sweep(one);
      expect(await used(one)).toBe(0);
      await one.claimed(turn);
      expect(await one.store.images.put(use, picture, ROOM)).toBe('stored');
      await one.finish(turn, completed('Yes'));
      await sweep(one);
      expect(await isKept(one, turn.conversationId, picture)).toBe(true);
    });

    it('go with a conversation that is deleted before its first token', async () => {
      const one = scene();
      const { turn } = await withImages(one, [image()]);
      await one.claimed(turn);
      expect(await one.conversations.delete(one.ownerId, turn.conversationId, null)).toEqual({
        outcome: 'deleted',
      });
      expect(await one.finish(turn, completed('Too late'))).toBe('deleted');
      await sweep(one);
      expect(await used(one)).toBe(0);
    });

    it('are not lost when the last use goes while a new one comes', async () => {
      const one = scene();
      const picture = image(300_000);
      let { use } = await answeredWithImages(one, [picture]);
      for (let round = 0; round < 20; round += 1) {
        const [next] = await Promise.all([
          answeredWithImages(one, [picture]),
          one.conversations.delete(one.ownerId, use.conversationId, null),
        ]);
        const bytes = await bytesOf(one, next.use.conversationId, picture.id);
        expect(bytes?.equals(picture.data)).toBe(true);
        use = next.use;
      }
      expect(await used(one)).toBe(picture.bytes);
    }, 30_000);
  });
}

/** Two instances of a shared store at work on the same images. */
export function describeSharedImages(store: () => Store, open: () => Promise<Store>): void {
  describe('images of two instances', () => {
    it('are stored once, and not lost when one removes what the other uses', async () => {
      const one = new Scene(store());
      const there = one.on(await open());
      const picture = image(300_000);
      let { use } = await answeredWithImages(one, [picture]);
      for (let round = 0; round < 15; round += 1) {
        const [keeping, removing] = round % 2 === 0 ? [there, one] : [one, there];
        const [next] = await Promise.all([
          answeredWithImages(keeping, [picture]),
          removing.conversations.delete(one.ownerId, use.conversationId, null),
        ]);
        for (const at of [one, there])
          expect(await isKept(at, next.use.conversationId, picture)).toBe(true);
        ({ use } = next);
      }
      expect(await there.store.images.usedBytes(one.ownerId)).toBe(picture.bytes);
      await Promise.all([
        one.conversations.delete(one.ownerId, use.conversationId, null),
        there.conversations.delete(one.ownerId, use.conversationId, null),
      ]);
      expect(await one.store.images.usedBytes(one.ownerId)).toBe(0);
    }, 60_000);

    it('are put by both at once, and swept by both at once', async () => {
      const one = new Scene(store());
      const there = one.on(await open());
      const picture = image(300_000);
      const uses = await Promise.all(
        [one, there, one, there].map((at) => withImages(at, [picture])),
      );
      expect(await one.store.images.usedBytes(one.ownerId)).toBe(picture.bytes);
      const [kept] = uses;
      if (!kept) throw new Error('There are four');
      await one.answered(kept.turn);
      const sweeping = [one, there].map((at) => at.store.images.sweep(Date.now() + 1));
      await Promise.all(sweeping);
      expect(await isKept(there, kept.use.conversationId, picture)).toBe(true);
      for (const { use } of uses.slice(1))
        expect(await isKept(one, use.conversationId, picture)).toBe(false);
    }, 60_000);
  });
}

/** Images after the process has ended and another has begun. */
export function describeDurableImages(makeStore: () => Promise<StoreUnderTest>): void {
  describe('images after a restart', () => {
    it('are those of messages; what was left over goes', async () => {
      const subject = await makeStore();
      const one = new Scene(subject.store);
      const [kept, gone, asked] = [image(), image(), image()];
      const { use } = await answeredWithImages(one, [kept]);
      await withImages(one, [gone, kept]);
      await withImages(one, [gone], use.conversationId);
      const dead = await withImages(one, [asked], use.conversationId);
      await one.claimed(dead.turn);
      await subject.store.close();
      const store = await subject.open();
      const again = one.on(store);
      await again.reap(0, T0 + 9000);
      await store.images.sweep(Date.now() + 1);
      expect(await isKept(again, use.conversationId, kept)).toBe(true);
      expect(await isKept(again, use.conversationId, asked)).toBe(true);
      expect(await isKept(again, use.conversationId, gone)).toBe(false);
      expect(await store.images.usedBytes(one.ownerId)).toBe(1_400_000);
      expect((await again.conversation(use.conversationId)).messages[2]?.images).toHaveLength(1);
      await again.conversations.delete(one.ownerId, use.conversationId, null);
      expect(await store.images.usedBytes(one.ownerId)).toBe(0);
      await subject.dispose();
    }, 30_000);
  });
}
