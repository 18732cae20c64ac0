import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Matches } from 'class-validator';
import { CodePointLength } from '../../common/validation/code-point-length.decorator.js';

const trimmed = (value: unknown): unknown => (typeof value === 'string' ? value.trim() : value);

/** What of a conversation can be changed. */
@ApiSchema({ name: 'RenameConversation' })
export class RenameConversationDto {
  /** The new title, one line; spaces around it are dropped. */
  @Transform(({ value }: { value: unknown }) => trimmed(value))
  @Matches(/^\P{Cc}*$/u, { message: '$property must be one line without control characters' })
  @CodePointLength(1, 200)
  @ApiProperty({ example: 'New conversation title' })
  title!: string;
}
