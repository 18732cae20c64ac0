import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { MODEL, URL } from '../../support/service.mjs';

const PAGE =
  '<!doctype html><title>Chat</title><div id="chat"></div><script src="chat.js"></script>';

/** Where the packages of a major version of the AI SDK are. */
const PACKAGES = {
  6: { ai: 'ai-6', '@ai-sdk/react': '@ai-sdk/react-6' },
  7: {},
};

/**
 * A browser with pages of the service's address that show chats of `useChat`.
 *
 * @param {keyof typeof PACKAGES} major
 */
export async function openBrowser(major) {
  const executablePath = process.env.CLIENTS_CHROMIUM;
  if (!executablePath) throw new Error('There is no Chromium');
  const script = await bundle(major);
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox'],
  });
  return {
    close: () => browser.close(),
    /** @param {object} [props] of the chat: `id`, `messages`, `resume`, `body` */
    async open({ id = randomUUID(), body, ...props } = {}) {
      const page = await browser.newPage();
      await page.route(`${URL}/page/`, (route) =>
        route.fulfill({ body: PAGE, contentType: 'text/html' }),
      );
      await page.route(`${URL}/page/chat.js`, (route) =>
        route.fulfill({ body: script, contentType: 'text/javascript' }),
      );
      await page.goto(`${URL}/page/`);
      await page.evaluate((given) => window.show(given), {
        ...{ id, body: { model: MODEL, ...body }, ...props },
      });
      return new ChatPage(page, id);
    },
  };
}

async function bundle(major) {
  const { outputFiles } = await build({
    entryPoints: [resolve(import.meta.dirname, 'page.mjs')],
    alias: PACKAGES[major],
    bundle: true,
    write: false,
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return outputFiles[0].text;
}

class ChatPage {
  constructor(page, id) {
    this.page = page;
    this.id = id;
  }

  /** Calls something of `useChat`, without waiting for its end. */
  async call(name, ...args) {
    await this.page.evaluate(([verb, given]) => void window.chat[verb](...given), [name, args]);
  }

  /** Waits for the status, and gives what the page shows then. */
  async shown(status = 'ready') {
    await this.page.waitForSelector(`main[data-status=${status}]`);
    return this.page.locator('main p').allTextContents();
  }

  /** Sends a message, and gives what the page shows at the end. */
  async ask(text, more) {
    await this.page.evaluate((message) => window.chat.sendMessage(message), { text, ...more });
    return this.shown();
  }

  /** Waits until the page shows this text. */
  text(text) {
    return this.page.getByText(text, { exact: true }).waitFor();
  }

  /** The error that the page shows. */
  alert() {
    return this.page.getByRole('alert').textContent();
  }

  /** The messages as the client has them. */
  messages() {
    return this.page.evaluate(() => window.chat.messages);
  }
}
