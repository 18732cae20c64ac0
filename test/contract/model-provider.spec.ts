import { describeChatModel } from './model-provider/chat-model.js';
import { fakeStreamingChatModel } from './model-provider/fake-subject.js';
import { ollama, ollamaProvider, plainChatOllama } from './model-provider/ollama-subjects.js';
import { openAi, openAiProvider } from './model-provider/openai-subjects.js';
import { describeProvider } from './model-provider/provider.js';
import { describeRefusals } from './model-provider/refusals.js';
import { scenario } from './model-provider/scenario-subject.js';
import { describeTransport } from './model-provider/transport.js';

describeProvider('Ollama', ollamaProvider);
describeChatModel('Ollama', ollama);
describeTransport('Ollama', ollama);
describeRefusals('Ollama', ollama);

describeProvider('OpenAI', openAiProvider);
describeChatModel('OpenAI', openAi);
describeTransport('OpenAI', openAi);
describeRefusals('OpenAI', openAi);

describeChatModel('a plain ChatOllama', plainChatOllama);
describeChatModel('FakeStreamingChatModel', fakeStreamingChatModel);
describeChatModel('a scenario', scenario, { asksServer: false });
