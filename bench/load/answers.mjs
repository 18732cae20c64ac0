import { setTimeout as delay } from 'node:timers/promises';
import { answerText } from '../fake-ollama/script.mjs';
import { Histogram } from '../rig/histogram.mjs';
import { meter } from '../rig/meter.mjs';
import { openConnection } from './connection.mjs';
import { answerRequest } from './requests.mjs';

/**
 * @typedef {object} AnswersOrder
 * @property {number} port
 * @property {number} pid
 * @property {number} clients each asks again as soon as it is answered
 * @property {number} tokens of each answer
 * @property {number} warmMs
 * @property {number} measureMs
 *
 * @typedef {object} AnswersResult
 * @property {import('../rig/meter.mjs').Usage} usage
 * @property {number} answers in the window
 * @property {number} wrong refused, cut or with another text
 * @property {import('../rig/histogram.mjs').Distribution} waits
 */

/**
 * Whole answers of a model that takes no time, as many as come.
 *
 * @param {AnswersOrder} order
 * @returns {Promise<AnswersResult>}
 */
export async function answers({ port, pid, clients, tokens, warmMs, measureMs }) {
  const waits = new Histogram();
  const state = { measuring: false, answers: 0, wrong: 0 };
  const request = answerRequest(`instant:${tokens}`);
  const expected = `"response":"${answerText(tokens)}"`;
  const sockets = Array.from(
    { length: clients },
    (_, client) =>
      new AnswerClient(port, client, request, (waitedMs, response) => {
        if (!response.startsWith('HTTP/1.1 200') || !response.includes(expected)) state.wrong += 1;
        else if (state.measuring) {
          state.answers += 1;
          waits.add(waitedMs);
        }
      }),
  );
  await delay(warmMs);
  const stop = meter(pid);
  state.measuring = true;
  await delay(measureMs);
  state.measuring = false;
  const usage = stop();
  for (const socket of sockets) socket.leave();
  return { usage, answers: state.answers, wrong: state.wrong, waits: waits.summary() };
}

class AnswerClient {
  #request;
  #onAnswer;
  #socket;
  #response = '';
  #askedAt = 0;
  #left = false;

  /**
   * @param {number} port
   * @param {number} client
   * @param {Buffer} request
   * @param {(waitedMs: number, response: string) => void} onAnswer
   */
  constructor(port, client, request, onAnswer) {
    this.#request = request;
    this.#onAnswer = onAnswer;
    this.#socket = openConnection(
      { port, client },
      {
        onBytes: (bytes, length) => this.#read(bytes.toString('latin1', 0, length)),
        onClose: () => !this.#left && this.#onAnswer(0, 'closed'),
      },
    );
    this.#ask();
  }

  leave() {
    this.#left = true;
    this.#socket.destroy();
  }

  #ask() {
    this.#response = '';
    this.#askedAt = performance.now();
    this.#socket.write(this.#request);
  }

  /** @param {string} part */
  #read(part) {
    this.#response += part;
    if (!isWhole(this.#response) || this.#left) return;
    this.#onAnswer(performance.now() - this.#askedAt, this.#response);
    this.#ask();
  }
}

/** @param {string} response Latin-1: a character is a byte */
function isWhole(response) {
  const headEnd = response.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const length = /content-length: (\d+)/i.exec(response)?.[1];
  if (length === undefined) return response.endsWith('\r\n0\r\n\r\n');
  return response.length >= headEnd + 4 + Number(length);
}
