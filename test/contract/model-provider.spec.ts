import { describeChatModel } from './model-provider/chat-model.js';
import { fakeStreamingChatModel } from './model-provider/fake-subject.js';
import { ollama, ollamaProvider, plainChatOllama } from './model-provider/ollama-subjects.js';
import { describeProvider } from './model-provider/provider.js';
import { describeTransport } from './model-provider/transport.js';

describeProvider('Ollama', ollamaProvider);
describeChatModel('Ollama', ollama);
describeTransport('Ollama', ollama);

describeChatModel('a plain ChatOllama', plainChatOllama);
describeChatModel('FakeStreamingChatModel', fakeStreamingChatModel);
