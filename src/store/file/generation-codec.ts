import type { LogBatch } from '../../domain/generation.js';
import type { Piece } from '../../domain/parts.js';
import { isPiece } from '../rules/log.js';
import type { GenerationRow } from '../local/generation-row.js';
import { readTurn, type WrittenTurn } from '../support/earlier-turn.js';
import { decodeOutbox, encodeOutbox } from './changes/change-codec.js';
import type { Outbox } from './changes/outbox.js';
import { DamagedFileError, JsonReader, NewerFileError } from './json-reader.js';

const VERSION = 1;

/** A row with what its file has in it for the feed. */
export interface WrittenGeneration {
  row: GenerationRow;
  outbox: Outbox | null;
}

export function encodeGeneration(row: GenerationRow, outbox: Outbox | null): string {
  const { committed: kept, ...rest } = row;
  const changes = outbox ? { changes: encodeOutbox(outbox) } : {};
  return `${JSON.stringify({ version: VERSION, ...rest, kept, ...changes })}\n`;
}

/** Throws `DamagedFileError`, or `NewerFileError` for the file of a later release. */
export function decodeGeneration(text: string): WrittenGeneration {
  const file = parse(text);
  if (!isVersioned(file)) throw new DamagedFileError('not a generation');
  // The file's own name for `committed`.
  const earlier = {
    kept: false,
    stateless: false,
    isKept: false,
    echo: null,
    parts: null,
    report: null,
    answerParentId: null,
    isErasing: false,
    unreadStop: false,
    tokens: null,
    spent: null,
    changes: null,
  };
  const { version, kept, changes, ...rest } = { ...earlier, ...file };
  const row = { ...rest, committed: kept };
  if (version > VERSION) throw new NewerFileError('written by a later release');
  if (!isRow(row)) throw new DamagedFileError('not a generation');
  const outbox = changes ? decodeOutbox(JsonReader.of(text), 'changes', row) : null;
  return { row: { ...row, tokens: tokensOf(row), turn: readTurn(row.turn) }, outbox };
}

/** One line of a log: the number of its first event, and the tokens. */
export function encodeLogLine({ firstSeq, tokens }: LogBatch): string {
  return `${JSON.stringify([firstSeq, tokens])}\n`;
}

/**
 * The log up to the first incomplete line: a crash during a write can leave an incomplete last
 * line.
 */
export function decodeLog(key: string, text: string): LogBatch[] {
  const log: LogBatch[] = [];
  for (const line of text.split('\n').slice(0, -1)) {
    const value = parse(line);
    if (!isLogLine(value)) break;
    log.push({ key, firstSeq: value[0], tokens: value[1] });
  }
  return log;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isLogLine(value: unknown): value is [number, Piece[]] {
  if (!Array.isArray(value) || typeof value[0] !== 'number') return false;
  const tokens: unknown = value[1];
  return Array.isArray(tokens) && tokens.every(isPiece);
}

function isVersioned(value: unknown): value is { version: number; changes?: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    typeof value.version === 'number'
  );
}

type WrittenRow = Omit<GenerationRow, 'turn' | 'tokens'> & {
  turn: WrittenTurn;
  /** Null of an earlier release: its owner is its key. */
  tokens: GenerationRow['tokens'] | null;
};

function tokensOf({ tokens, ownerId }: WrittenRow): GenerationRow['tokens'] {
  return tokens ?? { keyName: ownerId, promptTokens: null, maxTokens: 0 };
}

const TEXTS = ['key', 'id', 'ownerId', 'conversationId', 'messageId', 'model', 'workerId'] as const;
const STATUSES: readonly unknown[] = ['queued', 'running', 'completed', 'cancelled', 'failed'];

/** The file was written completely or not at all, so a few fields are enough to recognise a row. */
function isRow(value: object): value is WrittenRow {
  const fields: Partial<Record<string, unknown>> = { ...value };
  return (
    TEXTS.every((name) => typeof fields[name] === 'string') &&
    STATUSES.includes(fields['status']) &&
    typeof fields['createdAt'] === 'number' &&
    typeof fields['response'] === 'string' &&
    typeof fields['seq'] === 'number' &&
    typeof fields['turn'] === 'object' &&
    fields['turn'] !== null
  );
}
