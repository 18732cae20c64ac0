import { SCENARIO_CAPABILITIES, type Scenario, type ScenarioModel } from '../../domain/scenario.js';
import { parseDocument } from '../config-document.js';
import { readTextFile } from '../text-file.js';
import { Place, ScenarioMistake } from './place.js';
import { readReply } from './reply.js';
import { LONGEST_MS } from './step.js';

const MODEL_NAME = /^[A-Za-z0-9._-]{1,80}$/;
const USUAL_CONTEXT = 8_192;
const LARGEST_CONTEXT = 10_000_000;

/** The scenario, or what is wrong with its file, in one line without values of it. */
export type ScenarioFile = { readonly scenario: Scenario } | { readonly problem: string };

/** Reads a scenario of YAML or JSON. Never throws. */
export function readScenario(path: string): ScenarioFile {
  const file = readTextFile(path);
  if ('expected' in file) return { problem: `expected ${file.expected}` };
  return parseScenario(file.text, path.toLowerCase().endsWith('.json'));
}

export function parseScenario(text: string, isJson = false): ScenarioFile {
  const parsed = parseDocument(text, isJson);
  if ('expected' in parsed) return { problem: `expected ${parsed.expected}` };
  try {
    return { scenario: readDocument(new Place(parsed.document, '')) };
  } catch (error) {
    if (error instanceof ScenarioMistake) return { problem: error.message };
    throw error;
  }
}

function readDocument(place: Place): Scenario {
  const fields = place.fields(['version', 'models']);
  const version = place.required(fields, 'version');
  if (version.value !== 1) version.fail('1');
  const models = place.required(fields, 'models').mapping();
  if (models.length === 0) place.required(fields, 'models').fail('at least one model');
  return { models: models.map(readModel) };
}

function readModel([name, place]: [string, Place]): ScenarioModel {
  if (!MODEL_NAME.test(name)) place.fail('a name of 1 to 80 letters, digits, ., _ or -');
  const fields = place.fields(['pace', 'context', 'cannot', 'replies']);
  const cannot = fields.cannot?.items() ?? [];
  return {
    name,
    paceMs: fields.pace?.whole(0, LONGEST_MS) ?? 0,
    contextTokens: fields.context?.whole(1, LARGEST_CONTEXT) ?? USUAL_CONTEXT,
    cannot: cannot.map((each) => each.oneOf(SCENARIO_CAPABILITIES)),
    replies: place.required(fields, 'replies').items().map(readReply),
  };
}
