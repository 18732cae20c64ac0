/** Items as OpenAI's clients read them. */

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

/** What a model thought: all of it, though the field is named after a summary. */
export interface ReasoningItem {
  id: string;
  type: 'reasoning';
  summary: { type: 'summary_text'; text: string }[];
  status: ItemStatus;
}

export interface OutputText {
  type: 'output_text';
  text: string;
  annotations: never[];
  logprobs: never[];
}

export interface OutputMessageItem {
  id: string;
  type: 'message';
  role: 'assistant';
  status: ItemStatus;
  content: OutputText[];
}

export interface FunctionCallItem {
  id: string;
  type: 'function_call';
  call_id: string;
  name: string;
  /** A JSON text; what the model gave, where that is none. */
  arguments: string;
  status: ItemStatus;
}

/** What an answer consists of. */
export type OutputItem = ReasoningItem | OutputMessageItem | FunctionCallItem;

export type InputContent =
  | { type: 'input_text'; text: string }
  | { type: 'input_image'; image_url: string; file_id: null; detail: 'auto' };

export interface InputMessageItem {
  id: string;
  type: 'message';
  role: 'user' | 'system';
  status: 'completed';
  content: InputContent[];
}

export interface FunctionCallOutputItem {
  id: string;
  type: 'function_call_output';
  call_id: string;
  output: string;
  status: 'completed';
}

/** What a conversation consists of. */
export type Item = OutputItem | InputMessageItem | FunctionCallOutputItem;
