import { setTimeout as pause } from 'node:timers/promises';
import {
  FakeOllama,
  script,
  type ChatScript,
  type RecordedRequest,
} from '../../support/fake-ollama.js';
import { callPiece, thinkingPiece } from './pieces.js';

/** A question that says itself how it is to be answered. */
export interface Question {
  /** `<conversation's label>.<number>`, unique in a run. */
  id: string;
  tokens: number;
  /** Milliseconds before each token. */
  paceMs: number;
  /** `refused`: an error before the first token; `cut`: the connection breaks after the tokens. */
  mode: 'whole' | 'refused' | 'cut';
  /** What the model says beside text: it thinks before it, and calls two tools after it. */
  beside: Beside;
}

export type Beside = 'nothing' | 'thinking' | 'calls' | 'both';

/** The label of the conversation that a question belongs to. */
export const labelOf = (questionId: string): string =>
  questionId.slice(0, questionId.lastIndexOf('.'));

export const questionText = ({ id, tokens, paceMs, mode, beside }: Question): string =>
  `[[${id} ${tokens} ${paceMs} ${mode} ${beside}]] What comes then? 🙂\n\n"Tell me."`;

const TAG = /\[\[(\S+) (\d+) (\d+) (whole|refused|cut) (nothing|thinking|calls|both)\]\]/g;

/** The questions in a text; the last one is the one that is asked. */
export function questionsIn(text: string): Question[] {
  return [...text.matchAll(TAG)].map(([, id = '', tokens, paceMs, mode, beside]) => ({
    id,
    tokens: Number(tokens),
    paceMs: Number(paceMs),
    mode: mode as Question['mode'],
    beside: beside as Beside,
  }));
}

/** A piece of an answer, as the scripted model is told to say it. */
type Said =
  | { text: string }
  | { thinking: string }
  | { call: { id: string; name: string; arguments: Record<string, unknown> } };

/** What the model says to a question when it is asked for the nth time: no two answers are alike. */
function said({ id, tokens, beside }: Question, call: number): Said[] {
  const texts = Array.from({ length: tokens }, (_, n) => `${id}/${call}/${n + 1}é🙂 `);
  const thinks = beside === 'thinking' || beside === 'both';
  const calls = beside === 'calls' || beside === 'both';
  return [
    ...(thinks ? texts.slice(0, 3).map((text) => ({ thinking: `?${text}` })) : []),
    ...texts.map((text) => ({ text })),
    // The ids are the same in every answer: the service has to make them unique.
    ...(calls ? ['one', 'two'].map((name) => ({ call: callOf(name, id, call) })) : []),
  ];
}

const callOf = (name: string, id: string, call: number) => ({
  id: `call-${name}`,
  name,
  arguments: { of: `${id}/${call}`, none: null },
});

/** The same as pieces (`pieces.ts`). */
export function answerPieces(question: Question, call: number): string[] {
  return said(question, call).map((each) => {
    if ('text' in each) return each.text;
    return 'thinking' in each ? thinkingPiece(each.thinking) : callPiece(each.call);
  });
}

const CLOSING_MS = 250;

/**
 * The model of the kill loop. It answers what the question says, counts how often each was asked and
 * notices when one conversation is answered twice at once.
 */
export class ScriptedAnswers {
  /** Labels of conversations that had two answers under way. */
  readonly overlaps: string[] = [];
  private readonly calls = new Map<string, number>();
  private readonly open = new Map<string, Set<RecordedRequest>>();
  private waiting: (() => void)[] = [];

  private constructor(readonly ollama: FakeOllama) {}

  static async start(): Promise<ScriptedAnswers> {
    const answers = new ScriptedAnswers(
      await FakeOllama.start({ name: 'llama2', capabilities: null }),
    );
    answers.ollama.always((request) => answers.answer(request));
    return answers;
  }

  /** How often the model was asked this. */
  callsOf(questionId: string): number {
    return this.calls.get(questionId) ?? 0;
  }

  /** Resolves when the model is asked the next time. */
  asked(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private answer(request: RecordedRequest): ChatScript {
    const messages = request.body.messages as { role: string; content: string }[];
    // Behind the last result the service may say that another call has none.
    const asked = messages.slice(messages.findLastIndex(({ role }) => role === 'assistant') + 1);
    const question = asked.flatMap(({ content }) => questionsIn(content)).at(-1);
    if (!question) return script().error(500, 'No question');
    const call = this.callsOf(question.id) + 1;
    this.calls.set(question.id, call);
    this.watch(labelOf(question.id), request);
    for (const wake of this.waiting.splice(0)) wake();
    return scriptOf(question, call);
  }

  private watch(label: string, request: RecordedRequest): void {
    const open = this.open.get(label) ?? new Set();
    for (const other of open) void this.mustClose(label, other);
    this.open.set(label, open.add(request));
    void request.closed.then(() => open.delete(request));
  }

  /** An earlier answer's connection may be closing just now. */
  private async mustClose(label: string, other: RecordedRequest): Promise<void> {
    const end = await Promise.race([other.closed, pause(CLOSING_MS, null, { ref: false })]);
    if (end === null) this.overlaps.push(label);
  }
}

function scriptOf(question: Question, call: number): ChatScript {
  const { paceMs, mode } = question;
  if (mode === 'refused') return script().pause(paceMs).error(500, 'The model cannot');
  const scripted = script();
  for (const each of said(question, call)) {
    if (paceMs > 0) scripted.pause(paceMs);
    if ('text' in each) scripted.token(each.text);
    else if ('thinking' in each) scripted.thinking(each.thinking);
    else scripted.calls(each.call);
  }
  return mode === 'cut' ? scripted.pause(50).cut() : scripted.done();
}
