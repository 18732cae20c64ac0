/** A conversation as the list has it. */
export const SUMMARY_EXAMPLE = {
  id: 'a1b2c3d4-e5f6-4890-a1b2-c3d4e5f6a7b8',
  chat_id: null,
  title: 'Hello, how are you?',
  title_by: 'message',
  created_at: '2025-09-06T03:30:00.000Z',
  updated_at: '2025-09-06T03:30:05.000Z',
  message_count: 2,
  message_total: 2,
  active_message_id: '7b0e9a3c-5d1f-4f6e-8a55-2f1f0c9f4d21',
  active_generation_id: null,
  revision: 2,
  model: null,
  tags: [],
  pinned: false,
  archived: false,
  forked_from: null,
};
