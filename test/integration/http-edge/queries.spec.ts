import { api, use } from '../../support/http-edge-client.js';

describe('queries and ids', () => {
  use();

  it('defaults, and what is given', async () => {
    const none = await api().get('/api/toys').expect(200);
    expect(none.body).toEqual({ limit: 10, offset: 0, before: null });
    const given = await api().get('/api/toys?limit=5&offset=0020&utm_source=x').expect(200);
    expect(given.body).toEqual({ limit: 5, offset: 20, before: null });
  });

  it.each([
    ['limit='],
    ['limit'],
    ['limit=0x10'],
    ['limit=1e1'],
    ['limit=1.0'],
    ['limit=%2B1'],
    ['limit=-1'],
    ['limit=%201'],
    ['limit=1%0A'],
    ['limit=%D9%A1'],
    ['limit=0'],
    ['limit=101'],
    ['limit=1&limit=2'],
    ['offset=-1'],
    ['offset=99999999999999999999'],
    ['before=%00'],
    ['before='],
  ])('%s is 400 and named', async (query) => {
    const response = await api().get(`/api/toys?${query}`).expect(400);
    expect(response.body.details).toHaveLength(1);
    expect(response.body.details[0].field).toBe(query.split('=')[0]);
  });

  it.each(['a', 'a1b2c3d4-e5f6-7890-g1h2-i3j4k5l6m7n8'])('%s is an id', async (id) => {
    await api().delete(`/api/toys/${id}`).expect(200, { id });
  });

  it.each(['..%2f..%2fetc', 'a_b', 'a%00', '%20', 'a'.repeat(101), 'a.json', '%F0%9F%98%80'])(
    '%s is as unknown as any other id',
    async (id) => {
      const response = await api().delete(`/api/toys/${id}`).expect(404);
      expect(response.body).toMatchObject({
        error: 'Conversation not found',
        reason: 'conversation_not_found',
      });
    },
  );
});
