import { useChatCases } from './use-chat-cases.mjs';

await useChatCases('use-chat-7', 7);
