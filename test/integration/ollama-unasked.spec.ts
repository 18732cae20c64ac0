import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { connect, startChat } from '../support/ollama-fixture.js';

const lineOf = (content: string): string =>
  `${JSON.stringify({ message: { role: 'assistant', content }, done: true })}\n`;

const answerOf = (content: string): string => {
  const body = lineOf(content);
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
};

describe('a connection with bytes that nobody asked for', () => {
  let server: Server;
  const sockets: Socket[] = [];
  /** Answers to the first request of each connection; further ones are answered by `more`. */
  const first = [answerOf('one') + answerOf('stale'), answerOf('two')];

  beforeEach(async () => {
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => socket.destroy());
      socket.on('data', () => socket.write(first[sockets.indexOf(socket)] ?? answerOf('more')));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  test('is not used for another request', async () => {
    const ollama = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const texts: string[] = [];
    for (let turn = 0; turn < 2; turn += 1) {
      const { sink, end } = startChat(ollama);
      await end;
      texts.push(sink.text);
    }
    expect(texts).toEqual(['one', 'two']);
    expect(sockets).toHaveLength(2);
    ollama.close();
  });
});
