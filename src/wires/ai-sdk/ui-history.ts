import type { ClientMessage } from '../../chat/chat-command.js';
import { fieldError } from '../../common/validation/validation-error.js';
import { written, type Piece } from '../../domain/parts.js';
import { callsIn, clientIdOf, textOf, type UiMessage, type UiPart } from './ui-request.js';

const NOTHING = { parts: null, images: null, toolAnswer: null } as const;
const LONGEST_TOOL_NAME = 64;

/** A message of the user. */
export function userMessage(message: UiMessage, images: ClientMessage['images']): ClientMessage {
  return {
    ...NOTHING,
    clientId: clientIdOf(message),
    role: 'user',
    content: textOf(message),
    images,
  };
}

/** An answer that the client has from elsewhere: each of its steps, and the results of its tools. */
export function answerMessages(message: UiMessage): ClientMessage[] {
  const steps = stepsOf(message.parts).filter((step) => step.length > 0);
  return steps.flatMap((step, index) => {
    const clientId = index === 0 ? clientIdOf(message) : null;
    return stepMessages(message, step, clientId);
  });
}

function stepMessages(
  message: UiMessage,
  step: readonly UiPart[],
  clientId: string | null,
): ClientMessage[] {
  const calls = callsIn(message, step);
  const { response, parts } = written(step.flatMap((part) => pieceOf(message, part)));
  const answer = { ...NOTHING, clientId, role: 'assistant', content: response, parts } as const;
  const results = calls.flatMap(({ id: callId, result }): ClientMessage[] =>
    result === null
      ? []
      : [
          {
            ...NOTHING,
            clientId: null,
            role: 'tool',
            content: result.content,
            toolAnswer: { callId, isError: result.isError },
          },
        ],
  );
  return [answer, ...results];
}

function pieceOf(message: UiMessage, part: UiPart): Piece[] {
  const { type, text } = part;
  if (type === 'text' && typeof text === 'string') return [text];
  if (type === 'reasoning' && typeof text === 'string') return [{ thinking: text }];
  return callsIn(message, [part]).map(({ id, name, input, field }) => {
    if (name.length > LONGEST_TOOL_NAME || id.length > 200)
      throw fieldError(field, 'names a tool or a call by more characters than there may be');
    return { toolCall: { id, name, arguments: input } };
  });
}

/** The parts between `step-start`s. */
function stepsOf(parts: readonly UiPart[]): UiPart[][] {
  const steps: UiPart[][] = [[]];
  for (const part of parts)
    if (part['type'] === 'step-start') steps.push([]);
    else steps.at(-1)?.push(part);
  return steps;
}
