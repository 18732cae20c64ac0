import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseScenario } from '../../../src/config/scenario/read-scenario.js';
import { load, problemsOf, settingsOf } from './load.js';

const DOCS = resolve(import.meta.dirname, '../../../docs/scenarios.md');
const SMALL = 'version: 1\nmodels: { a: { replies: [{ play: Hi }] } }\n';
const ALONE = { OLLAMA_ENABLED: 'false', SCENARIO_FILE: 'scenario.yaml' };

/** The problem of a file with one model `a` that has these replies. */
function problemOfReplies(replies: string): string {
  const read = parseScenario(`version: 1\nmodels:\n  a:\n    replies: ${replies}\n`);
  return 'problem' in read ? read.problem : 'none';
}

describe('a scenario file', () => {
  it('is read as its documentation shows it', () => {
    const [, example = ''] = /```yaml\n([^]*?)```/.exec(readFileSync(DOCS, 'utf8')) ?? [];
    const read = parseScenario(example);
    expect(read).toMatchObject({
      scenario: {
        models: [
          {
            name: 'weather',
            paceMs: 20,
            contextTokens: 8192,
            cannot: ['thinking', 'vision', 'tools'],
          },
        ],
      },
    });
    const replies = 'scenario' in read ? read.scenario.models[0]?.replies : [];
    expect(replies?.[0]?.when).toEqual({
      message: { kind: 'part', text: 'sunny' },
      turn: 2,
      toolResult: null,
      times: null,
    });
    expect(replies?.[2]?.play).toEqual([
      { does: 'say', as: 'thinking', tokens: 'Let me see.', paceMs: null, repeat: 1 },
      { does: 'wait', ms: 700 },
      { does: 'say', as: 'text', tokens: ['It', ' is'], paceMs: null, repeat: 1 },
      { does: 'say', as: 'text', tokens: ' very', paceMs: null, repeat: 3 },
      {
        does: 'say',
        as: 'text',
        tokens: 'You said {{message}}, turn {{turn}}.',
        paceMs: null,
        repeat: 1,
      },
      { does: 'call', name: 'get_weather', arguments: { city: 'Paris' } },
      { does: 'fail', reason: 'model_unavailable' },
      { does: 'drop', whom: 'model' },
    ]);
    expect(replies?.[2]).toMatchObject({
      finish: 'length',
      usage: { promptTokens: 3, completionTokens: 4 },
    });
  });

  it.each([
    ['[{ play: [{ wait: 2s }] }]', { does: 'wait', ms: 2000 }],
    ['[{ play: [{ wait: 1.5s }] }]', { does: 'wait', ms: 1500 }],
    ['[{ play: [{ wait: 30 }] }]', { does: 'wait', ms: 30 }],
    ['[{ play: [{ wait: forever }] }]', { does: 'wait', ms: null }],
    ['[{ play: [{ tool_call: { name: now } }] }]', { does: 'call', name: 'now', arguments: {} }],
  ])('%s is a step', (replies, step) => {
    const read = parseScenario(`version: 1\nmodels: { a: { replies: ${replies} } }`);
    expect('scenario' in read && read.scenario.models[0]?.replies[0]?.play).toEqual([step]);
  });

  it.each([
    ['[]', 'replies: expected a list that is not empty'],
    ['[{ when: {} }]', 'replies[0].play: expected a value'],
    ['[{ play: [] }]', 'replies[0].play: expected a list that is not empty'],
    ['[{ play: 1 }]', 'replies[0].play: expected a text, or a list of steps'],
    [
      '[{ play: Hi, plays: Ho }]',
      'replies[0].plays: expected one of when, play, finish, usage as a name',
    ],
    [
      '[{ play: [{ text: a }, { txt: b }] }]',
      'replies[0].play[1].txt: expected one of thinking, text, wait, tool_call, fail, drop, pace, repeat as a name',
    ],
    [
      '[{ play: [{ text: a, wait: 1 }] }]',
      'replies[0].play[0]: expected one of thinking, text, wait, tool_call, fail, drop',
    ],
    [
      '[{ play: [{ repeat: 2 }] }]',
      'replies[0].play[0]: expected one of thinking, text, wait, tool_call, fail, drop',
    ],
    ['[{ play: [a] }]', 'replies[0].play[0]: expected a mapping of names to values'],
    ['[{ play: [{ text: [a, 1] }] }]', 'replies[0].play[0].text[1]: expected a text'],
    ['[{ play: [{ text: 1 }] }]', 'replies[0].play[0].text: expected a text, or a list of texts'],
    [
      '[{ play: [{ wait: soon }] }]',
      'replies[0].play[0].wait: expected a time such as 700ms, 2s or 700 (milliseconds), or forever',
    ],
    [
      '[{ play: [{ wait: -1 }] }]',
      'replies[0].play[0].wait: expected a time such as 700ms, 2s or 700 (milliseconds), or forever',
    ],
    [
      '[{ play: [{ wait: 99999999999 }] }]',
      'replies[0].play[0].wait: expected a time such as 700ms, 2s or 700 (milliseconds), or forever',
    ],
    [
      '[{ play: [{ wait: 1, pace: 2 }] }]',
      'replies[0].play[0].pace: expected only beside text or thinking',
    ],
    [
      '[{ play: [{ text: a, repeat: 0 }] }]',
      'replies[0].play[0].repeat: expected a whole number from 1 to 1,000,000',
    ],
    [
      '[{ play: [{ fail: store_unavailable }] }]',
      'replies[0].play[0].fail: expected one of model_unavailable, model_silent, model_not_found, context_exceeded, validation',
    ],
    ['[{ play: [{ drop: me }] }]', 'replies[0].play[0].drop: expected one of model, reader'],
    [
      '[{ play: [{ tool_call: now }] }]',
      'replies[0].play[0].tool_call: expected a mapping of names to values',
    ],
    [
      '[{ play: [{ tool_call: { name: "a b" } }] }]',
      'replies[0].play[0].tool_call.name: expected 1 to 64 letters, digits, _ or -',
    ],
    [
      '[{ play: [{ tool_call: { name: a, arguments: [] } }] }]',
      'replies[0].play[0].tool_call.arguments: expected a mapping',
    ],
    [
      '[{ when: { message: "/(/" }, play: Hi }]',
      'replies[0].when.message: expected a text, or a regular expression in / / with the flags d, i, m, s, u or v',
    ],
    [
      '[{ when: { turn: 0 }, play: Hi }]',
      'replies[0].when.turn: expected a whole number from 1 to 1,000,000,000',
    ],
    [
      '[{ when: { time: 1 }, play: Hi }]',
      'replies[0].when.time: expected one of message, turn, tool_result, times as a name',
    ],
    [
      '[{ play: Hi, finish: tool_calls }]',
      'replies[0].finish: expected stop or length, since the play calls no tool',
    ],
    [
      '[{ play: [{ tool_call: { name: a } }], finish: stop }]',
      'replies[0].finish: expected tool_calls or length, since the play calls a tool',
    ],
    ['[{ play: Hi, usage: 3 }]', 'replies[0].usage: expected a mapping of names to values'],
    [
      '[{ play: Hi, usage: { prompt_tokens: 1 } }]',
      'replies[0].usage.completion_tokens: expected a value',
    ],
  ])('%s is refused by its place', (replies, problem) => {
    expect(problemOfReplies(replies)).toBe(`models.a.${problem}`);
  });

  it.each([
    ['', 'version: expected a value'],
    ['[]', 'expected a mapping of names to values'],
    ['version: 2\nmodels: {}', 'version: expected 1'],
    ['version: 1\nmodels: {}', 'models: expected at least one model'],
    [
      'version: 1\nmodels: { "a b\\n": {} }',
      'models.a?b?: expected a name of 1 to 80 letters, digits, ., _ or -',
    ],
    [
      'version: 1\nmodels: { a: { replies: [{ play: a }], cannot: [fly] } }',
      'models.a.cannot[0]: expected one of thinking, vision, tools',
    ],
    [
      'version: 1\nmodels: { a: { replies: [{ play: a }], pace: 1s } }',
      'models.a.pace: expected a whole number from 0 to 2,147,483,647',
    ],
    ['version: [', 'expected correct YAML (line 1, column 11: wrong indentation)'],
  ])('%j is refused', (text, problem) => {
    expect(parseScenario(text)).toEqual({ problem });
  });
});

describe('SCENARIO_FILE', () => {
  it('makes a model server, of YAML or JSON', () => {
    const yaml = settingsOf(ALONE, { 'scenario.yaml': SMALL });
    expect(yaml.models).toMatchObject({ servers: ['scenario'], default: null });
    const json = JSON.stringify({ version: 1, models: { b: { replies: [{ play: 'Hi' }] } } });
    const { scenario, models } = settingsOf({ SCENARIO_FILE: 's.JSON' }, { 's.JSON': json });
    expect(scenario.scenario?.models.map(({ name }) => name)).toEqual(['b']);
    expect(models).toMatchObject({ servers: ['ollama', 'scenario'], default: 'llama2' });
  });

  it('is one line where it is wrong, and nothing else is said of the servers', () => {
    const wrong = { 'scenario.yaml': SMALL.replace('Hi', '[{ txt: secret }]') };
    expect(problemsOf(ALONE, wrong)).toEqual([
      'SCENARIO_FILE: models.a.replies[0].play[0].txt: expected one of thinking, text, wait, tool_call, fail, drop, pace, repeat as a name',
    ]);
    expect(problemsOf(ALONE)).toEqual(['SCENARIO_FILE: expected a file that can be read (ENOENT)']);
  });

  it('is refused in production', () => {
    const files = { 'scenario.yaml': SMALL };
    expect(problemsOf({ ...ALONE, NODE_ENV: 'production' }, files)).toEqual([
      'SCENARIO_FILE: expected only where NODE_ENV is not production; a test sets NODE_ENV=test',
    ]);
    expect(load({ ...ALONE, NODE_ENV: 'test' }, files).settings.models.servers).toEqual([
      'scenario',
    ]);
    expect(settingsOf({ NODE_ENV: 'production' }).scenario.scenario).toBeNull();
  });
});
