import { oneOf, path, seconds } from '../parsers/scalars.js';
import { optional, variable } from '../variable.js';

export const log = {
  level: variable({
    name: 'LOG_LEVEL',
    parser: oneOf({
      TRACE: 'trace',
      DEBUG: 'debug',
      INFO: 'info',
      WARN: 'warn',
      WARNING: 'warn',
      ERROR: 'error',
      FATAL: 'fatal',
      CRITICAL: 'fatal',
    }),
    default: 'INFO',
    description: 'Least level that is logged. No level logs the text of messages or secrets.',
  }),
  file: optional({
    name: 'LOG_FILE',
    parser: path('file'),
    unset: 'console only',
    example: './logs/chat.log',
    description:
      'File that is logged to beside the console; its folder is created. It may be rotated by ' +
      'moving or truncating it.',
  }),
  format: variable({
    name: 'LOG_FORMAT',
    parser: oneOf({ structured: 'json', json: 'json', text: 'text' }),
    default: 'structured',
    description: '`structured` (or `json`): one JSON object a line; `text`: for people.',
  }),
};

export const shutdown = {
  delay: variable({
    name: 'SHUTDOWN_DELAY',
    parser: seconds({ min: 0, max: 3600 }),
    default: '0',
    description:
      'Seconds between the signal to stop, when readiness turns 503, and the refusal of new ' +
      'answers: time for a load balancer to notice.',
  }),
  drain: variable({
    name: 'SHUTDOWN_DRAIN',
    parser: seconds({ min: 0, max: 86_400 }),
    default: '20',
    description: 'Seconds that running answers get to end at a shutdown.',
  }),
};

export const sources = {
  configFile: optional({
    name: 'CONFIG_FILE',
    parser: path('file'),
    unset: '`./config.yaml`, if it is there',
    example: './config.yaml',
    description:
      'YAML or JSON file with any of these variables: `ollama: {base_url: …}` is ' +
      'OLLAMA_BASE_URL. The environment and `.env` win over it.',
  }),
};
