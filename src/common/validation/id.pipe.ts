import type { PipeTransform } from '@nestjs/common';
import { AppError } from '../errors/app-error.js';
import type { ErrorReason } from '../errors/error-codes.js';

const ID = /^[A-Za-z0-9-]{1,100}$/;

/** As the stores have ids. Swift and others write every UUID that passes through them in capitals. */
export function normalId(id: string): string {
  return id.toLowerCase();
}

/**
 * An id of a path, in small letters. Generated ids are UUIDs, but clients may send their own; what cannot be an id, a path among them, is as unknown as any other:
 * `@Param('id', new IdPipe('conversation_not_found', 'Conversation not found')) id: string`.
 */
export class IdPipe implements PipeTransform<unknown, string> {
  constructor(
    private readonly reason: ErrorReason,
    private readonly message: string,
  ) {}

  transform(value: unknown): string {
    if (typeof value === 'string' && ID.test(value)) return normalId(value);
    throw new AppError(this.reason, this.message);
  }
}
