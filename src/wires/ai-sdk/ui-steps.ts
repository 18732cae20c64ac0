import type { UiMessageDto } from './dto/ui-chat.dto.js';
import { uiBlock } from './ui-block.js';

type UiPart = UiMessageDto['parts'][number];

/**
 * The steps of a message as its streams had them, with the results of its tools. A client that joins an answer
 * begins its message anew with `start`.
 */
export function stepsAgain({ parts }: UiMessageDto): string {
  let steps = 0;
  const blocks = parts.map((part, index) => {
    if (part.type !== 'step-start') return chunksOf(part, `e${index}`).map(uiBlock).join('');
    steps += 1;
    return (steps > 1 ? uiBlock({ type: 'finish-step' }) : '') + uiBlock({ type: 'start-step' });
  });
  return blocks.join('') + (steps > 0 ? uiBlock({ type: 'finish-step' }) : '');
}

function chunksOf(part: UiPart, id: string): object[] {
  const { type } = part;
  if (type === 'text' || type === 'reasoning')
    return [
      { type: `${type}-start`, id },
      { type: `${type}-delta`, id, delta: part['text'] },
      { type: `${type}-end`, id },
    ];
  if (!type.startsWith('tool-')) return [];
  const { toolCallId } = part;
  const names = { toolCallId, toolName: type.slice('tool-'.length) };
  return [
    { type: 'tool-input-start', ...names },
    { type: 'tool-input-available', ...names, input: part['input'] },
    ...resultChunks(part, toolCallId),
  ];
}

function resultChunks(part: UiPart, toolCallId: unknown): object[] {
  const { state } = part;
  if (state === 'output-available')
    return [{ type: 'tool-output-available', toolCallId, output: part['output'] }];
  if (state === 'output-error')
    return [{ type: 'tool-output-error', toolCallId, errorText: part['errorText'] }];
  return [];
}
