import { randomUUID } from 'node:crypto';
import { written, type Piece } from '../../src/domain/parts.js';
import type { Store } from '../../src/store/store.js';
import { answeredWithImages, image } from '../contract/store/images.js';
import { keyOf } from '../contract/store/keys.js';
import {
  batch,
  cancelled,
  completed,
  failed,
  said,
  Scene,
  T0,
  titled,
} from '../contract/store/scene.js';

const PIECES: Piece[] = [
  { thinking: 'Hm' },
  'The sky',
  { toolCall: { id: 'call_1', name: 'look', arguments: { $a: [null, { 'é.b': '\u0000 🙂 "' }] } } },
];

/** A history with everything that a conversation can have, and what was made of it. */
export interface RichHistory {
  owners: string[];
  /** Ids by what is special of them. */
  ids: Record<
    | 'branched'
    | 'pictures'
    | 'settings'
    | 'fork'
    | 'shortened'
    | 'ends'
    | 'chat'
    | 'disposable'
    | 'running',
    string
  >;
  scene: Scene;
  /** The generation that runs in `running`. */
  running: { key: string; messageId: string };
}

export async function makeRichHistory(store: Store): Promise<RichHistory> {
  const scene = new Scene(store, { ownerId: `Owner "Ä" ${randomUUID()}` });
  const other = new Scene(store);
  await other.answered(other.opening({ text: 'Of another owner' }));
  const branched = await branchedConversation(scene);
  const pictures = await conversationWithPictures(scene);
  const settings = await conversationWithSettings(scene);
  const fork = { messageId: null, id: randomUUID(), createdAt: T0 + 9000, newId: randomUUID };
  await scene.conversations.fork(scene.ownerId, pictures, fork, null);
  const shortened = await shortenedConversation(scene);
  const ends = await conversationWithEnds(scene);
  const chat = await chatOfClient(scene);
  const disposable = await disposableConversation(scene);
  const first = await scene.answered(scene.opening({ at: T0 + 50 }));
  const running = first.conversationId;
  const generation = await scene.begun(scene.reply(running, { at: T0 + 6000 }), ['so', ' far']);
  const { key, messageId } = generation;
  const owners = [scene.ownerId, other.ownerId];
  const made = { branched, pictures, settings, fork: fork.id, shortened, ends, chat };
  const ids = { ...made, disposable, running };
  return { owners, ids, scene, running: { key, messageId } };
}

/** Two questions, one edited, one answered twice, of which an earlier branch is active. */
async function branchedConversation(scene: Scene): Promise<string> {
  const opening = await scene.answered(scene.opening({ system: 'Be kind', text: 'One' }));
  const { conversationId: id, messageId } = opening;
  const second = await scene.answered(scene.reply(id, { text: 'Two', at: T0 + 3000 }));
  const question = second.turn.messages[0]?.id ?? '';
  await scene.answered(scene.regeneration(id, question, T0 + 4000), 'Again');
  await scene.answered(scene.reply(id, { text: 'Edited', parentId: messageId, at: T0 + 5000 }));
  await scene.answered(scene.reply(id, { text: 'Top', parentId: id, at: T0 + 5500 }));
  const chosen = { activeMessageId: second.messageId };
  await scene.conversations.update(scene.ownerId, id, chosen, null);
  return id;
}

async function conversationWithPictures(scene: Scene): Promise<string> {
  const picture = image(700_000);
  const { turn } = await answeredWithImages(scene, [picture, image(10)]);
  await answeredWithImages(scene, [picture], turn.conversationId);
  return turn.conversationId;
}

async function conversationWithSettings(scene: Scene): Promise<string> {
  const id = randomUUID();
  await scene.conversations.create(scene.ownerId, {
    id,
    title: null,
    system: { id: randomUUID(), content: 'Only a prompt', createdAt: T0 + 10 },
    model: 'tinyllama',
    parameters: { temperature: 0.3, stop: ['\n', '"'], format: { type: 'object', $defs: {} } },
    tags: ['b', 'a', 'ü "quoted"'],
    pinned: true,
    archived: true,
    createdAt: T0 + 10,
  });
  await scene.conversations.update(scene.ownerId, id, titled('By hand'), null);
  return id;
}

/** Some messages of which were deleted: what is left has gaps. */
async function shortenedConversation(scene: Scene): Promise<string> {
  const { conversationId: id, messageId } = await scene.answered(scene.opening({ at: T0 + 20 }));
  const gone = scene.reply(id, { text: 'Gone', at: T0 + 3000 });
  await scene.answered(gone);
  await scene.answered(scene.reply(id, { text: 'Kept', parentId: messageId, at: T0 + 4000 }));
  const [question] = gone.turn.messages;
  await scene.conversations.deleteMessage(scene.ownerId, id, question?.id ?? '', null);
  await scene.answered(scene.reply(id, { text: 'Last', at: T0 + 5000 }));
  return id;
}

/** With the client's own ids, and an answer that the client has from elsewhere. */
async function chatOfClient(scene: Scene): Promise<string> {
  const opening = scene.opening({ chatId: 'Chat "Ü" 1', at: T0 + 25 });
  const messages = [
    { ...said('user', 'Hello', T0 + 25), clientId: 'message "ü" 1' },
    { ...said('assistant', 'Hello to you', T0 + 25), clientId: 'message 2' },
    { ...said('user', 'And now?', T0 + 25), clientId: 'message 1' },
  ];
  const turn = { ...opening.turn, messages };
  return (await scene.answered({ ...opening, turn })).conversationId;
}

/** With metadata, of which was taken out and to which was added. */
async function disposableConversation(scene: Scene): Promise<string> {
  const opening = scene.opening({ text: 'One', at: T0 + 27 }, { isKept: true, echo: '{}' });
  const { conversationId: id, messageId } = await scene.answered(opening);
  const { conversations, ownerId } = scene;
  const reply = await scene.answered(scene.reply(id, { text: 'Two', at: T0 + 3000 }), 'Stays');
  await conversations.update(ownerId, id, { metadata: { b: 'ü "x"', a: '' } }, null);
  await conversations.append(ownerId, id, [said('user', 'Added', T0 + 6000)], T0 + 6000);
  await conversations.takeOut(ownerId, id, [messageId, reply.answerParentId]);
  return id;
}

async function conversationWithEnds(scene: Scene): Promise<string> {
  const opening = await scene.begun(scene.opening({ at: T0 + 30 }));
  const { conversationId: id } = opening;
  const parts = { ...completed(''), ...written(PIECES, 1500) };
  await scene.finish(opening, parts, batch(opening.key, 1, PIECES));
  const results = {
    id: randomUUID(),
    role: 'tool' as const,
    content: '{"blue": true}',
    createdAt: T0 + 3000,
    clientId: null,
    parts: null,
    images: null,
    toolAnswer: { callId: 'call_1', isError: true },
  };
  const second = await scene.begun(scene.reply(id, { messages: [results], at: T0 + 3000 }));
  await scene.finish(second, cancelled('Half', T0 + 4000), batch(second.key, 1, ['Half']));
  const third = await scene.begun(scene.reply(id, { at: T0 + 5000 }));
  await scene.finish(third, failed('Some', true, T0 + 6000), batch(third.key, 1, ['Some']));
  return id;
}

/** A key of every kind: in use, used, revoked and made anew under its name, of a name that one gave up. */
export async function makeEveryKey({ keys }: Store): Promise<void> {
  const full = keyOf({
    scopes: ['read', 'admin'],
    models: ['a:1', 'hf.co/Ä/b'],
    limits: { requests: 5, streams: 1, tokensDay: 0, tokensMonth: 900_000_000_000_000 },
    expiresAt: T0 + 1000,
  });
  const revoked = keyOf({ createdAt: T0 + 1 });
  const again = { ...keyOf({ createdAt: T0 + 2 }), name: revoked.name.toUpperCase() };
  const late = { ...keyOf({ createdAt: T0 + 1000 }), name: full.name };
  await keys.add(full);
  await keys.add(revoked);
  await keys.revoke(revoked.id, T0 + 2);
  for (const key of [again, late]) await keys.add(key);
  await keys.used(new Map([[again.id, T0 + 3]]));
}
