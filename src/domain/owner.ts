/** Owner of all conversations while there are no API keys. */
export const DEFAULT_OWNER = 'default';
