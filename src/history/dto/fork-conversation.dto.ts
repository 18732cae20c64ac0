import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { OptionalBody } from '../../common/validation/optional-body.decorator.js';
import { CodePointLength } from '../../common/validation/code-point-length.decorator.js';

/** What is copied of a conversation. */
@OptionalBody()
@ApiSchema({ name: 'ForkConversation' })
export class ForkConversationDto {
  /** The last message of the copy. Default: the end of the active branch. */
  @ApiProperty({ required: false, nullable: true, example: null })
  @IsOptional()
  @CodePointLength(1, 100)
  message_id?: string;
}
