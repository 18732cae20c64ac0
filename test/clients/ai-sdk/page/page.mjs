import {
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithToolCalls as hasAllResults,
} from 'ai';
import { useChat } from '@ai-sdk/react';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

/** A chat as a page shows it; what is typed and clicked there is called on `window.chat`. */
function Chat({ id, messages, resume, body }) {
  const transport = new DefaultChatTransport({ api: '/api/chat/ui', body });
  const chat = useChat({ id, messages, resume, transport, sendAutomaticallyWhen: hasAllResults });
  window.chat = chat;
  return createElement(
    'main',
    { 'data-status': chat.status },
    ...chat.messages.map((message) =>
      createElement('p', { key: message.id, 'data-id': message.id }, textOf(message)),
    ),
    chat.error && createElement('pre', { role: 'alert' }, chat.error.message),
  );
}

const textOf = ({ role, parts }) =>
  `${role}: ${parts.map(({ type, text }) => (type === 'text' ? text : '')).join('')}`;

window.show = (props) =>
  createRoot(document.querySelector('#chat')).render(createElement(Chat, props));
