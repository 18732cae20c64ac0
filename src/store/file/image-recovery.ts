import type { LocalState } from '../local/local-state.js';
import type { ImageFiles, ImageFolder } from './image-files.js';
import type { ImageFileName } from './image-names.js';
import { safeName } from './layout.js';

type UseName = Extract<ImageFileName, { kind: 'use' }>;

/** Owners and their conversations by the names of their files. */
type Names = Map<string, { ownerId: string; conversations: Map<string, string> }>;

/**
 * Fills the index of images from the names of their files, and removes what a crash left: uses
 * without their conversation, images without a use. Call it when all else is loaded.
 */
export async function recoverImages(state: LocalState, files: ImageFiles): Promise<void> {
  const names = namesOf(state);
  for (const folder of await files.scan()) await recoverFolder(state, files, folder, names);
}

function namesOf({ index, table }: LocalState): Names {
  const names: Names = new Map();
  const add = (ownerId: string, id: string): void => {
    const owner = safeName(ownerId);
    const known = names.get(owner) ?? { ownerId, conversations: new Map<string, string>() };
    known.conversations.set(safeName(id), id);
    names.set(owner, known);
  };
  for (const ownerId of index.countByOwner().keys())
    for (const id of index.idsOf(ownerId)) add(ownerId, id);
  for (const { ownerId, conversationId } of table.allRunning()) add(ownerId, conversationId);
  return names;
}

async function recoverFolder(
  { images }: LocalState,
  files: ImageFiles,
  { owner, files: found }: ImageFolder,
  names: Names,
): Promise<void> {
  const known = names.get(owner);
  const kept = new Set<string>();
  const uses = found.flatMap(({ path, name }) => (name.kind === 'use' ? [{ path, name }] : []));
  for (const { path, name } of uses) {
    const conversationId = known?.conversations.get(name.conversation);
    if (known && conversationId !== undefined) {
      images.addUse(toUse(known.ownerId, conversationId, name));
      kept.add(name.imageId);
    } else if (await files.hasConversation(owner, name.conversation)) kept.add(name.imageId);
    else await files.removeFile(path);
  }
  for (const { path, name } of found) {
    if (name.kind !== 'image') continue;
    if (!kept.has(name.image.id)) await files.removeFile(path);
    else if (known) images.addImage(known.ownerId, name.image);
  }
}

/** What is open was so before the crash: the first sweep decides about it. */
function toUse(ownerId: string, conversationId: string, { imageId, messageId, isOpen }: UseName) {
  return { ownerId, conversationId, messageId, imageId, openSince: isOpen ? 0 : null };
}
