import {
  AbstractChat,
  DefaultChatTransport,
  type ChatInit,
  type ChatState,
  type ChatStatus,
  type UIMessage,
} from 'ai';

/** What `useChat` keeps, without a page. */
class PlainState implements ChatState<UIMessage> {
  status: ChatStatus = 'ready';
  error: Error | undefined = undefined;
  messages: UIMessage[];

  constructor(messages: UIMessage[]) {
    this.messages = messages;
  }

  pushMessage = (message: UIMessage): void => {
    this.messages = [...this.messages, message];
  };

  popMessage = (): void => {
    this.messages = this.messages.slice(0, -1);
  };

  replaceMessage = (index: number, message: UIMessage): void => {
    const replaced = structuredClone(message);
    this.messages = this.messages.map((known, at) => (at === index ? replaced : known));
  };

  snapshot = <T>(value: T): T => structuredClone(value);
}

/** The AI SDK's own client with its default transport, as a page has it. */
export class UiChat extends AbstractChat<UIMessage> {
  constructor(
    url: string,
    { messages = [], ...init }: Omit<ChatInit<UIMessage>, 'transport'> & { id: string },
    options: { body?: object; headers?: Record<string, string>; fetch?: typeof fetch } = {},
  ) {
    const transport = new DefaultChatTransport({ api: `${url}/api/chat/ui`, ...options });
    super({ ...init, transport, state: new PlainState(messages) });
  }

  /** Its messages as JSON, each with its text alone. */
  get texts(): string[] {
    return this.messages.map(({ role, parts }) => {
      const texts = parts.flatMap((part) => (part.type === 'text' ? part.text : []));
      return `${role}: ${texts.join('|')}`;
    });
  }

  /** Its messages as they would be sent. */
  get sent(): any {
    return JSON.parse(JSON.stringify(this.messages));
  }
}
