import type { ImageReference, Message } from '../../../domain/conversation.js';
import { IMAGE_PIECE_BYTES } from '../../../domain/image.js';
import {
  HistoryTransfer,
  type FactName,
  type HistoryView,
  type HistoryWriter,
  type MovedConversation,
  type MovedMessages,
} from '../../history-transfer.js';
import type { LocalImageStore } from '../../local/local-image-store.js';
import type { LocalState } from '../../local/local-state.js';
import { summaryOf, type Heading } from '../../local/stored-conversation.js';
import { readPieces } from '../../rules/images.js';
import { MovedPlaces } from '../../rules/moved-places.js';
import type { Store } from '../../store.js';
import { guarded, withOwnFailure } from '../../support/own-failure.js';
import { fillMarked } from '../../support/marked-filling.js';
import type { ConversationFiles } from '../conversation-files.js';
import type { FactFile } from './fact-file.js';
import { UsedImages } from './used-images.js';

/** What moves use of an opened folder. */
export interface MovedFolder {
  state: LocalState;
  files: ConversationFiles;
  images: LocalImageStore;
  facts: FactFile;
}

interface OpenedToFill {
  /** Opens it like `open`, also if a filling was interrupted. */
  openToFill(): Promise<void>;
}

/** Moves histories out of a folder and into it. */
export class FileHistoryTransfer extends HistoryTransfer {
  readonly writer: HistoryWriter;

  constructor(
    private readonly folder: MovedFolder,
    private readonly store: Store & OpenedToFill,
  ) {
    super();
    this.writer = {
      calibrations: store.calibrations,
      usage: store.usage,
      keys: store.keys,
      put: (conversation, messages) =>
        withOwnFailure((guard) => this.put(conversation, guarded(messages, guard))),
      remove: (ownerId, id) => this.remove(ownerId, id),
    };
  }

  /** Its lock says whether it is served. */
  openAlone(toFill = false): Promise<void> {
    return toFill ? this.store.openToFill() : this.store.open();
  }

  reading<T>(work: (view: HistoryView) => Promise<T>): Promise<T> {
    return work({
      conversations: this.store.conversations,
      calibrations: this.store.calibrations,
      usage: this.store.usage,
      keys: this.store.keys,
      image: ({ ownerId }, image) => this.image(ownerId, image),
    });
  }

  filling<T>(work: (writer: HistoryWriter) => Promise<T>): Promise<T> {
    const marked = {
      transfer: this,
      store: this.store,
      removeConversations: () => this.removeAll(),
      // The lock of the folder is.
      assertAlone: () => Promise.resolve(),
    };
    return fillMarked(marked, () => work(this.writer));
  }

  fact(name: FactName): Promise<string | null> {
    return this.folder.facts.read(name);
  }

  setFact(name: FactName, value: string | null): Promise<void> {
    return this.folder.facts.write(name, value);
  }

  /** By its name: the index of images may be older than the conversation. */
  private async image(
    ownerId: string,
    image: ImageReference,
  ): Promise<AsyncIterable<Buffer> | null> {
    const { persistence } = this.folder.state;
    const read = (place: number) =>
      persistence.readImage(
        ownerId,
        image,
        place * IMAGE_PIECE_BYTES,
        (place + 1) * IMAGE_PIECE_BYTES,
      );
    return (await read(0)) && readPieces(image.bytes, read);
  }

  private async put(moved: MovedConversation, messages: MovedMessages): Promise<void> {
    const { ownerId, id } = moved;
    const { state, files } = this.folder;
    const used = new UsedImages(this.folder, moved);
    const places = new MovedPlaces(id);
    const pages = await begun(messages((image, pieces) => used.store(image, pieces)));
    const heading = headingOf(moved);
    const after = (): Heading => ({ ...heading, ...places.counts(moved.activeMessageId) });
    await files.put(
      { heading, hasSystem: pages.hasSystem, pages: counted(pages.all, places, used), events: [] },
      after,
    );
    state.index.put(ownerId, summaryOf(after()));
    await state.persistence.removeDeletedChat(ownerId, id);
    await used.releaseOthers();
  }

  /** Images that no message uses are removed by the next start. */
  private async removeAll(): Promise<void> {
    const { index } = this.folder.state;
    for (const ownerId of index.countByOwner().keys())
      for (const id of [...index.idsOf(ownerId)]) await this.remove(ownerId, id);
  }

  private async remove(ownerId: string, id: string): Promise<void> {
    const { state, files, images } = this.folder;
    await files.drop(ownerId, id);
    state.index.remove(ownerId, id);
    await images.removeOf(ownerId, id);
  }
}

/** The pages, once it is known whether the first message is the system prompt. */
async function begun(pages: AsyncIterable<readonly Message[]>) {
  const iterator = pages[Symbol.asyncIterator]();
  const first = await iterator.next();
  async function* all(): AsyncGenerator<readonly Message[]> {
    for (let next = first; !next.done; next = await iterator.next()) yield next.value;
  }
  const hasSystem = !first.done && first.value[0]?.role === 'system';
  return { hasSystem, all: all() };
}

async function* counted(
  pages: AsyncIterable<readonly Message[]>,
  places: MovedPlaces,
  used: UsedImages,
): AsyncGenerator<readonly Message[]> {
  for await (const page of pages) {
    for (const message of page) {
      places.next(message);
      await used.use(message);
    }
    yield page;
  }
}

function headingOf(moved: MovedConversation): Heading {
  return { ...summaryOf(moved), ownerId: moved.ownerId, parameters: moved.parameters };
}
