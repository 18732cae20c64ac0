import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error.js';
import { fieldError } from '../../common/validation/validation-error.js';
import type { OutputFormat } from '../../domain/model.js';
import { FormatJudges } from './format-judges.js';
import type { SchemaOutcome } from './schema-job.js';
import { schemaKey } from './schema-key.js';
import { SchemaThread } from './schema-thread.js';

/** How long a request may wait for the schemas of others. */
const CHECK_WAIT_MS = 5_000;
const MOST_KNOWN = 1_000;
/** A schema that was too slow may be faster on a less busy machine. */
const TOO_LONG_KEPT_MS = 60_000;

/**
 * The formats that answers are asked to have. Schemas are checked on the way in and answers on the way
 * out, in threads of their own: what is wrong with one does not delay the other.
 */
@Injectable()
export class AnswerFormats implements OnApplicationShutdown {
  private readonly checking = new SchemaThread(CHECK_WAIT_MS);
  private readonly judges = new FormatJudges();
  /** Hash of a schema → what came of checking it, for the schemas used last. */
  private readonly known = new Map<string, Promise<SchemaOutcome>>();

  /**
   * Throws `validation` for a schema that cannot be used, `queue_full` where too many others are
   * being checked.
   */
  async assertUsable(format: OutputFormat | null): Promise<void> {
    if (format === null || format === 'json') return;
    const outcome = await this.check(JSON.stringify(format));
    switch (outcome.is) {
      case 'usable':
        return;
      case 'refused':
        throw unusable(outcome.why);
      case 'too_long':
        throw unusable('takes too long to compile; make the schema simpler');
      default:
        throw new AppError('queue_full', 'The schema of format could not be checked; try again');
    }
  }

  /** Whether the text has the format; null where that took too long. */
  judge(format: OutputFormat, text: string): Promise<boolean | null> {
    return this.judges.judge(format === 'json' ? null : JSON.stringify(format), text);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.checking.close(), this.judges.close()]);
  }

  private async check(schema: string): Promise<SchemaOutcome> {
    const key = schemaKey(schema);
    const checked = this.known.get(key) ?? this.checking.run({ schema, text: null });
    this.known.delete(key);
    this.known.set(key, checked);
    const [oldest] = this.known.keys();
    if (this.known.size > MOST_KNOWN && oldest !== undefined) this.known.delete(oldest);
    const outcome = await checked;
    if (outcome.is === 'busy' || outcome.is === 'failed') this.forget(key, checked);
    if (outcome.is === 'too_long') {
      setTimeout(() => this.forget(key, checked), TOO_LONG_KEPT_MS).unref();
    }
    return outcome;
  }

  private forget(key: string, checked: Promise<SchemaOutcome>): void {
    if (this.known.get(key) === checked) this.known.delete(key);
  }
}

function unusable(why: string): AppError {
  return fieldError('parameters.format', why);
}
