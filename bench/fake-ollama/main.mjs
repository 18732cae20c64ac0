/** The fake Ollama as a process: reports its port, then answers requests of the bench. */
import { once } from 'node:events';
import { serve } from '../rig/serve.mjs';
import { FakeOllama } from './server.mjs';

const fake = new FakeOllama();
fake.server.listen(0, '127.0.0.1', 4096);
await once(fake.server, 'listening');

serve({
  port: () => {
    const address = fake.server.address();
    return typeof address === 'object' ? address?.port : null;
  },
  ends: () => fake.ends,
  forget: () => fake.forget(),
  connections: () =>
    new Promise((resolve, reject) =>
      fake.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    ),
  hangUp: () => fake.server.closeAllConnections(),
});
