import type { AIMessageChunk } from '@langchain/core/messages';

/**
 * What a chunk has of the model's thinking: as blocks of its content, or beside it, where models of
 * several vendors put it.
 */
export function thinkingOf({ content, additional_kwargs: more }: AIMessageChunk): string {
  const blocks = typeof content === 'string' ? [] : content.flatMap(thinkingIn);
  if (blocks.length > 0) return blocks.join('');
  const beside = more['reasoning_content'];
  return typeof beside === 'string' ? beside : '';
}

function thinkingIn(block: Exclude<AIMessageChunk['content'], string>[number]): string[] {
  const given: unknown = block.type === 'reasoning' ? block['reasoning'] : block['thinking'];
  return (block.type === 'reasoning' || block.type === 'thinking') && typeof given === 'string'
    ? [given]
    : [];
}
