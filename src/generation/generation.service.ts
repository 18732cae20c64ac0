import { Injectable } from '@nestjs/common';
import { AppError } from '../common/errors/app-error.js';
import type { GenerationRecord } from '../domain/generation.js';
import { GenerationStore } from '../store/generation-store.js';
import type { Answer } from './answer.js';
import { Answers } from './answers.js';
import type { CancelReceiptDto, GenerationResponseDto } from './dto/generation-response.dto.js';
import { toCancelReceipt, toGenerationResponse } from './generation-presenter.js';
import { LiveGenerations } from './live-generations.js';

/** Generations from outside their own request: looked at, read again, cancelled. */
@Injectable()
export class GenerationService {
  constructor(
    private readonly generations: GenerationStore,
    private readonly live: LiveGenerations,
    private readonly answers: Answers,
  ) {}

  /** How it stands. Throws `generation_not_found`. */
  async status(ownerId: string, id: string): Promise<GenerationResponseDto> {
    return toGenerationResponse(await this.record(ownerId, id));
  }

  /** Its events, to be read from any number. Throws `generation_not_found`, also after their retention. */
  async answer(ownerId: string, id: string): Promise<Answer> {
    const answer = await this.answers.events(await this.record(ownerId, id));
    if (!answer) throw notFound();
    return answer;
  }

  /** Stops it and tells what it had come to; one that has ended tells its own end. */
  async cancel(ownerId: string, id: string): Promise<CancelReceiptDto> {
    const live = this.live.find(ownerId, id);
    if (live) {
      live.stop('cancelled');
      await live.settled;
    } else if (!(await this.generations.requestCancel(ownerId, id))) {
      throw notFound();
    }
    return toCancelReceipt(await this.record(ownerId, id));
  }

  /** The stored record; of one that runs in this process with what the store does not have yet. */
  private async record(ownerId: string, id: string): Promise<GenerationRecord> {
    const record = await this.generations.find(ownerId, id);
    if (!record) throw notFound();
    const live = this.live.get(record.key);
    if (!live || record.finishedAt !== null) return record;
    const { phase, startedAt, log } = live;
    return {
      ...record,
      status: startedAt === null ? 'queued' : 'running',
      phase,
      startedAt,
      response: log.text(),
      seq: log.tokenCount,
    };
  }
}

function notFound(): AppError {
  return new AppError('generation_not_found', 'Generation not found');
}
