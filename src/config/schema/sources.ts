import { path } from '../parsers/scalars.js';
import { optional } from '../variable.js';

/** Read before all others: they may be set in the file that it names. */
export const sources = {
  configFile: optional({
    name: 'CONFIG_FILE',
    parser: path('file'),
    unset: '`./config.yaml`, if it exists',
    example: './config.yaml',
    description:
      'YAML or JSON file with any of these variables: `ollama: {base_url: …}` is ' +
      'OLLAMA_BASE_URL. The environment and `.env` take precedence over it.',
  }),
};
