/** A body, as the API's document says. @typedef {any} Body */

/** What a user of the API does, by `fetch`. */
export class Client {
  /** @param {string} url @param {Record<string, string>} [headers] */
  constructor(url, headers = {}) {
    this.url = url;
    this.headers = { 'content-type': 'application/json', ...headers };
  }

  /** @param {string} path @returns {Promise<{ status: number, body: Body }>} */
  async get(path) {
    const response = await fetch(this.url + path, { headers: this.headers });
    return { status: response.status, body: await response.json() };
  }

  /** @param {object} body @returns {Promise<{ status: number, body: Body }>} */
  async chat(body) {
    const response = await this.#post('/api/chat', body);
    return { status: response.status, body: await response.json() };
  }

  /** Texts of a conversation, oldest first. @param {string} id @returns {Promise<string[]>} */
  async texts(id) {
    const { body } = await this.get(`/api/history/${id}`);
    return body.messages.map((/** @type {Body} */ message) => message.content);
  }

  /** Gives each event of a stream as it comes. @param {object} body @returns {AsyncGenerator<Body>} */
  async *stream(body) {
    const response = await this.#post('/api/chat/stream', body);
    if (response.status !== 200 || !response.body)
      throw new Error(`${response.status}: ${await response.text()}`);
    let rest = '';
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks)
        if (block.startsWith('data: ')) yield JSON.parse(block.slice('data: '.length));
    }
  }

  /** @param {string} path @param {object} body */
  #post(path, body) {
    return fetch(this.url + path, {
      method: 'POST',
      headers: this.headers,
      body: JSON.stringify(body),
    });
  }
}
