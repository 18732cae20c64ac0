import { parseScenario } from '../../../src/config/scenario/read-scenario.js';
import type { ScenarioReply } from '../../../src/domain/scenario.js';
import { AskCounter } from '../../../src/models/providers/scenario/ask-counter.js';
import { ScenarioChatModel } from '../../../src/models/providers/scenario/scenario-chat-model.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import type { Behaviour, ChatModelUnderTest } from './subject.js';

class CountedAsks extends AskCounter {
  count = 0;

  override next(text: string): number {
    this.count += 1;
    return super.next(text);
  }
}

function stepsOf(behaviour: Behaviour): object[] {
  switch (behaviour.does) {
    case 'answer': {
      const { thoughts = [], tokens, calls = [] } = behaviour;
      return [
        ...(thoughts.length > 0 ? [{ thinking: thoughts }] : []),
        ...(tokens.length > 0 ? [{ text: tokens }] : []),
        ...calls.map(({ name, arguments: given }) => ({ tool_call: { name, arguments: given } })),
      ];
    }
    case 'hang':
      return [...said(behaviour.after), { wait: 'forever' }];
    case 'fail':
      return [...said(behaviour.after), { fail: 'model_unavailable' }];
    case 'miss the model':
      return [{ fail: 'model_not_found' }];
    case 'garble':
    case 'be busy':
      throw new Error('A scenario is over no server that could do this');
  }
}

const said = (tokens: string[]) => (tokens.length > 0 ? [{ text: tokens }] : []);

/** The reply to the request of this number, from 1 on: all ask the same. */
function replyOf(behaviour: Behaviour, number: number): ScenarioReply {
  const steps = stepsOf(behaviour);
  const answered = behaviour.does === 'answer' ? behaviour : null;
  const reply = {
    when: { times: number },
    play: steps.length > 0 ? steps : '',
    finish: answered?.finishReason === 'length' ? 'length' : null,
    usage: { prompt_tokens: 12, completion_tokens: answered?.tokens.length ?? 0 },
  };
  const file = { version: 1, models: { a: { replies: [reply] } } };
  const read = parseScenario(JSON.stringify(file), true);
  const [made] = 'scenario' in read ? (read.scenario.models[0]?.replies ?? []) : [];
  if (!made) throw new Error(JSON.stringify(read));
  return made;
}

/** A scenario that plays the prepared behaviours one after the other. */
export async function scenario(): Promise<ChatModelUnderTest> {
  const asks = new CountedAsks();
  const replies: ScenarioReply[] = [];
  const model = { name: 'a', paceMs: 0, contextTokens: 4096, cannot: [], replies };
  const notAsked = (): never => {
    throw new Error('A scenario asks no server');
  };
  return {
    logger: new RecordingLogger(),
    next: (behaviour) => void replies.push(replyOf(behaviour, replies.length + 1)),
    requests: () => asks.count,
    lastRequest: notAsked,
    lastAsk: notAsked,
    model: () => new ScenarioChatModel(model, asks),
    dispose: async () => undefined,
  };
}
