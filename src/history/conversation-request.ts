import { normalId } from '../common/validation/id.pipe.js';
import { onlyGiven } from '../common/validation/only-given.js';
import type { ListFilter } from '../store/conversation-store.js';
import type { NewConversationDto, UpdateConversationDto } from './dto/conversation-settings.dto.js';
import type { ListQueryDto } from './dto/list-query.dto.js';
import type { SettingsRequest } from './history.service.js';

/** What a body names, and nothing else. */
export function toSettings(body: NewConversationDto | UpdateConversationDto): SettingsRequest {
  const { title, system, model, parameters, tags, pinned, archived } = body;
  const active = 'active_message_id' in body ? body.active_message_id : undefined;
  const settings = {
    title,
    system,
    model,
    parameters: parameters && onlyGiven(parameters),
    tags,
    pinned,
    archived,
    activeMessageId: active === undefined ? undefined : normalId(active),
  };
  return onlyGiven(settings);
}

export function toListFilter(query: ListQueryDto): ListFilter {
  const { archived, pinned, tag, sort, order } = query;
  return {
    archived: archived === 'all' ? null : archived === 'true',
    pinned: pinned === undefined ? null : pinned === 'true',
    tag: tag ?? null,
    sort: sort === 'created_at' ? 'createdAt' : 'updatedAt',
    order,
  };
}
