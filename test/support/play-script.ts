import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { ChatScript, Framing, Step } from './chat-script.js';
import type { RecordedRequest } from './recorded-request.js';

/** Plays a script on a response. Ends quietly when the client leaves in the middle. */
export async function playScript(
  script: ChatScript,
  response: ServerResponse,
  record: RecordedRequest,
): Promise<void> {
  const gone = new Promise<'gone'>((resolve) => response.once('close', () => resolve('gone')));
  for (const step of script.framing === 'joined' ? joined(script.steps) : script.steps) {
    if (response.destroyed) return;
    await Promise.race([play(step, script.framing, response, record), gone]);
  }
  // If a script stops without an end, its connection stays open.
}

async function play(
  step: Step,
  framing: Framing,
  response: ServerResponse,
  record: RecordedRequest,
): Promise<void> {
  switch (step.kind) {
    case 'headers':
      response.writeHead(step.status, { 'content-type': step.contentType });
      response.flushHeaders();
      return;
    case 'write':
      for (const piece of pieces(step.text, framing)) response.write(piece);
      return;
    case 'wait':
      await step.until;
      return;
    case 'pause':
      await pause(step.ms, undefined, { ref: false });
      return;
    case 'hang':
      return new Promise(() => undefined);
    case 'reset':
      record.broken = true;
      await written(response);
      response.socket?.resetAndDestroy();
      return;
    case 'cut':
      record.broken = true;
      await written(response);
      response.socket?.end();
      return;
    case 'end':
      response.end();
  }
}

/** Node may gather the writes of a turn: an end of the socket would overtake them. */
async function written({ socket }: ServerResponse): Promise<void> {
  do await nextTurn();
  while ((socket?.writableLength ?? 0) > 0 && socket?.destroyed === false);
}

function pieces(text: string, framing: Framing): Buffer[] {
  const bytes = Buffer.from(text);
  if (framing !== 'bytes') return [bytes];
  return Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
}

function joined(steps: readonly Step[]): Step[] {
  const result: Step[] = [];
  for (const step of steps) {
    const last = result.at(-1);
    if (step.kind === 'write' && last?.kind === 'write') {
      result[result.length - 1] = { kind: 'write', text: last.text + step.text };
    } else result.push(step);
  }
  return result;
}
