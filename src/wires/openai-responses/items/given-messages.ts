import type { ClientMessage } from '../../../chat/chat-command.js';
import type { ImageReference } from '../../../domain/conversation.js';
import { charactersOf, written, type Piece } from '../../../domain/parts.js';

/** A text that the client says as the operator of the model, behind other messages. */
export interface LaterSystem {
  text: string;
  /** How many messages stand before it. */
  at: number;
  /** Its item, as errors name it. */
  field: string;
}

const NOTHING = { clientId: null, parts: null, images: null, toolAnswer: null } as const;

/**
 * Puts items together to messages. Items of the assistant that follow each other are one answer, as its
 * model gave it; a text right behind a text begins the next.
 */
export class GivenMessages {
  /** Texts of the roles `system` and `developer` before all else. */
  readonly system: string[] = [];
  readonly laterSystem: LaterSystem[] = [];
  private readonly closed: ClientMessage[] = [];
  private answer: Piece[] = [];

  addSystem(text: string, field: string): void {
    const { closed, answer } = this;
    if (closed.length === 0 && answer.length === 0) this.system.push(text);
    else {
      this.endAnswer();
      this.laterSystem.push({ text, at: closed.length, field });
    }
  }

  addUser(content: string, images: readonly ImageReference[] | null): void {
    this.endAnswer();
    this.closed.push({ ...NOTHING, role: 'user', content, images });
  }

  addPiece(piece: Piece): void {
    if (typeof piece === 'string' && typeof this.answer.at(-1) === 'string') this.endAnswer();
    if (charactersOf(piece) !== '') this.answer.push(piece);
  }

  addResult(callId: string, content: string): void {
    this.endAnswer();
    const toolAnswer = { callId, isError: false };
    this.closed.push({ ...NOTHING, role: 'tool', content, toolAnswer });
  }

  all(): readonly ClientMessage[] {
    this.endAnswer();
    return this.closed;
  }

  private endAnswer(): void {
    if (this.answer.length === 0) return;
    const { response: content, parts } = written(this.answer);
    this.closed.push({ ...NOTHING, role: 'assistant', content, parts });
    this.answer = [];
  }
}
