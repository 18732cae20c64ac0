import { changedNames } from '../rules/changed-names.js';
import { systemMessage } from '../rules/given-message.js';
import type { ConversationUpdate } from '../conversation-store.js';
import type { UpdateResult } from '../conversation-results.js';
import { withHeading } from './conversation-change.js';
import { newestBelow } from './message-window.js';
import {
  rangeBetween,
  type ConversationChange,
  type DatedEvent,
  type Heading,
  type StoredConversation,
} from './stored-conversation.js';

type Refused = Exclude<UpdateResult['outcome'], 'updated' | 'changed_meanwhile' | 'not_found'>;

/** The conversation with what an update names; null if nothing is to be written. */
export async function withSettings(
  stored: StoredConversation,
  update: ConversationUpdate,
  now: number,
): Promise<ConversationChange | Refused | null> {
  const { title, activeMessageId, system } = update;
  if (title?.by === 'model' && stored.heading.titleBy !== 'message') return null;
  const active = activeMessageId === undefined ? undefined : newestBelow(stored, activeMessageId);
  if (active === null) return 'message_not_found';
  const heading = { ...settingsOf(stored.heading, update), revision: stored.heading.revision + 1 };
  const chosen = active === undefined ? heading : withEndAt(stored, heading, active);
  const events = eventsOf(update, now);
  if (system === undefined) return withHeading(stored, chosen, events);
  return { ...(await withSystem(stored, chosen, system)), events };
}

function eventsOf(update: ConversationUpdate, time: number): DatedEvent[] {
  const changed = changedNames(update);
  return changed.length === 0 ? [] : [{ time, event: { type: 'conversation.changed', changed } }];
}

function settingsOf(heading: Heading, update: ConversationUpdate): Heading {
  return {
    ...heading,
    title: update.title?.text ?? heading.title,
    titleBy: update.title?.by ?? heading.titleBy,
    model: update.model === undefined ? heading.model : update.model,
    parameters: update.parameters === undefined ? heading.parameters : update.parameters,
    tags: update.tags ?? heading.tags,
    pinned: update.pinned ?? heading.pinned,
    archived: update.archived ?? heading.archived,
    metadata: update.metadata === undefined ? heading.metadata : update.metadata,
  };
}

/** @param active the end of a branch */
function withEndAt(
  { messages, heading: before }: StoredConversation,
  heading: Heading,
  active: string,
): Heading {
  if (active === before.activeMessageId) return heading;
  const system = messages.hasSystem ? 1 : 0;
  const messageCount = messages.tree().depthOf(active) + system;
  return { ...heading, activeMessageId: active, messageCount };
}

async function withSystem(
  { messages: stored }: StoredConversation,
  heading: Heading,
  system: Exclude<ConversationUpdate['system'], undefined>,
): Promise<Omit<ConversationChange, 'events'>> {
  const before = stored.hasSystem ? ((await stored.read([0]))?.[0] ?? null) : null;
  const difference = (system ? 1 : 0) - (stored.hasSystem ? 1 : 0);
  const made = system && systemMessage(heading.id, system);
  return {
    heading: {
      ...heading,
      messageCount: heading.messageCount + difference,
      messageTotal: heading.messageTotal + difference,
    },
    stored,
    system: made && before ? { ...before, content: made.content } : made,
    kept: rangeBetween(stored.hasSystem ? 1 : 0, stored.length),
    added: [],
  };
}
