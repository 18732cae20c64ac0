/** What is counted of a conversation, as expressions over its row in `conversations`. */

/** The owner and the conversation of messages, as expressions. */
export interface Place {
  owner: string;
  conversation: string;
}

/**
 * Expression over a message `m` that is found by its id; null if the conversation does not have it. The
 * conversation is no condition: with old statistics PostgreSQL would rather read it from end to end.
 */
export const ofMessage = (
  expression: string,
  id: string,
  { owner, conversation }: Place,
): string => `
  (SELECT CASE WHEN m.owner_id = ${owner} AND m.conversation_id = ${conversation} THEN ${expression} END
   FROM messages m WHERE m.id = ${id})`;

/** How many messages a branch has up to a message, without the system prompt; 0 where there is none. */
export const depthOf = (id: string, place: Place): string =>
  `COALESCE(${ofMessage(
    `COALESCE(m.depth, (SELECT COUNT(*) FROM messages n
    WHERE n.owner_id = m.owner_id AND n.conversation_id = m.conversation_id AND n.seq <= m.seq
      AND n.role <> 'system'))`,
    id,
    place,
  )}, 0)`;

/** System prompts, 0 or 1: it would be the first message. */
export const SYSTEM_COUNT = `
  COALESCE(conversations.system_count, (SELECT CASE s.role WHEN 'system' THEN 1 ELSE 0 END FROM messages s
    WHERE s.owner_id = conversations.owner_id AND s.conversation_id = conversations.id
    ORDER BY s.seq LIMIT 1), 0)`;

/** Messages of all branches; a release without branches counts only `message_count`. */
export const TOTAL = `CASE WHEN conversations.message_total > conversations.message_count
  THEN conversations.message_total ELSE conversations.message_count END`;
