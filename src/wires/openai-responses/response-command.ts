import type { ConfigType } from '@nestjs/config';
import type { Request } from 'express';
import { sentWish } from '../../chat/asker.js';
import type { AnswerWish, ChatCommand } from '../../chat/chat-command.js';
import type { GivenMessage, StatelessCommand } from '../../chat/stateless-command.js';
import { LEAST_ANSWER_TOKENS } from '../../chat/stateless.service.js';
import type { TurnPlace } from '../../chat/turn-places.js';
import type { RequestContext } from '../../common/http/request-context.js';
import type { rateLimitConfig } from '../../config/namespaces.js';
import type { GivenInput } from './items/read-input.js';
import { systemText } from './items/system-text.js';
import type { ResponseBody } from './request/response-body.js';
import type { ResponseRequest } from './request/response-request.js';
import { encodeEcho } from './response-echo.js';

const ROUTE = 'POST /v1/responses';

/** What a request asks for, whatever its input says. Throws `validation`. */
export function wishOf(
  { background, stream, given, tools }: ResponseRequest,
  body: ResponseBody,
  request: Request,
  context: RequestContext,
  rateLimit: ConfigType<typeof rateLimitConfig>,
): AnswerWish {
  return {
    ...sentWish({ request, context, rateLimit }, { route: ROUTE, body, stream }),
    wire: 'openai_responses',
    ...(background && { onDisconnect: 'continue' as const }),
    given,
    tools,
  };
}

/**
 * A turn of a conversation. Texts of the system become the prompt of a conversation that they open;
 * elsewhere they are told for this answer alone.
 *
 * @param place null: it opens one
 * @param usualAnswer the tokens of an answer of which nobody says how long it may be
 */
export function turnCommand(
  wish: AnswerWish,
  asked: ResponseRequest,
  input: GivenInput,
  place: TurnPlace | null,
  usualAnswer: number,
): ChatCommand {
  const { system, laterSystem, messages } = input;
  const first = place === null ? [] : system.map((text) => ({ text, at: 0 }));
  const told = [...first, ...laterSystem.map(({ text, at }) => ({ text, at }))].filter(
    ({ text }) => text !== '',
  );
  const { format, maxTokens, truncation } = asked;
  const images = messages.flatMap((message) => message.images ?? []);
  return {
    ...wish,
    given: {
      ...wish.given,
      max_tokens: maxTokens ?? Number.MAX_SAFE_INTEGER,
      ...(format !== null && { format }),
    },
    message: null,
    // What the model must be able to see; each is a message's.
    images: images.length > 0 ? images : null,
    regenerate: false,
    messageClientId: null,
    before: messages,
    toolResults: [],
    model: asked.model ?? place?.model ?? null,
    conversationId: place?.conversationId ?? null,
    chat: null,
    parentId: null,
    endsAt: place?.endsAt ?? null,
    expected: null,
    system: place === null ? systemText(system) : null,
    instructions: systemText([asked.instructions ?? '', ...told.map(({ text }) => text)]),
    truncation,
    calls: asked.calls,
    // Messages are left out for the sake of an answer of the usual length.
    leastAnswer: truncation === 'auto' ? usualAnswer : LEAST_ANSWER_TOKENS,
    isKept: true,
    isInCopy: place?.isCopy ?? false,
    echo: encodeEcho({ ...asked.echo, given: messages.length, told }),
  };
}

/** An answer to messages of which nothing is stored. */
export function statelessCommand(
  wish: AnswerWish,
  asked: ResponseRequest,
  input: GivenInput,
): StatelessCommand {
  const { instructions, model, maxTokens, format, calls, truncation } = asked;
  const first = instructions === null ? input.system : [instructions, ...input.system];
  return {
    ...wish,
    model,
    messages: [...first.map(systemMessage), ...inOrder(input)],
    images: input.images,
    truncation,
    maxTokens,
    format,
    calls,
    echo: encodeEcho({ ...asked.echo, given: input.messages.length, told: [] }),
  };
}

function inOrder({ messages, laterSystem }: GivenInput): GivenMessage[] {
  const ordered: GivenMessage[] = [];
  for (let at = 0; at <= messages.length; at += 1) {
    const here = laterSystem.filter((system) => system.at === at);
    ordered.push(...here.map(({ text }) => systemMessage(text)), ...messages.slice(at, at + 1));
  }
  return ordered;
}

function systemMessage(content: string): GivenMessage {
  return { role: 'system', content };
}
