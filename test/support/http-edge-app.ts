import type { AddressInfo } from 'node:net';
import {
  Body,
  Controller,
  Delete,
  Get,
  Global,
  HttpCode,
  Module,
  Param,
  Post,
  Query,
  Req,
  Res,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { IsInt, IsNumber, IsOptional, IsString, Max, Min } from 'class-validator';
import type { Request, Response } from 'express';
import { AppError } from '../../src/common/errors/app-error.js';
import { LargeBody } from '../../src/common/http/body/body-limits.js';
import { HttpEdgeModule } from '../../src/common/http/http-edge.module.js';
import { NativeExpressAdapter } from '../../src/common/http/native-express-adapter.js';
import { Public } from '../../src/common/http/public.decorator.js';
import { Context, type RequestContext } from '../../src/common/http/request-context.js';
import { setupHttpEdge } from '../../src/common/http/setup-http-edge.js';
import { CodePointLength } from '../../src/common/validation/code-point-length.decorator.js';
import { IdPipe } from '../../src/common/validation/id.pipe.js';
import { NestedObject } from '../../src/common/validation/nested-object.decorator.js';
import { QueryInteger } from '../../src/common/validation/query-integer.decorator.js';
import { configModule } from '../../src/config/config.module.js';
import { IdentityModule } from '../../src/identity/identity.module.js';
import { AppLogger } from '../../src/observability/app-logger.js';
import { Audit } from '../../src/observability/audit/audit.js';
import { createAudit } from '../../src/observability/audit/create-audit.js';
import { GenerationBudget, Unlimited } from '../../src/rate-limit/budget.decorator.js';
import { RateLimitModule } from '../../src/rate-limit/rate-limit.module.js';
import { MemoryStore } from '../../src/store/memory/memory-store.js';
import { Store } from '../../src/store/store.js';
import { RecordingLogger } from './recording-logger.js';
import { testSettings, type SettingsOverrides } from './settings.js';

class ParametersDto {
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(1)
  temperature?: number;

  @IsOptional()
  @IsInt()
  max_tokens?: number;

  @IsOptional()
  @IsString({ each: true })
  stop?: string[];
}

class MessageDto {
  @CodePointLength(1, 10_000)
  message!: string;

  @IsOptional()
  @CodePointLength(1, 100)
  model?: string = 'the default';

  @IsOptional()
  @NestedObject(() => ParametersDto)
  parameters?: ParametersDto;
}

@LargeBody()
class LargeDto {
  @IsString()
  text!: string;
}

class PageDto {
  @QueryInteger({ min: 1, max: 100 })
  limit = 10;

  @QueryInteger({ min: 0, max: Number.MAX_SAFE_INTEGER })
  offset = 0;

  @IsOptional()
  @CodePointLength(1, 20)
  before?: string;
}

const ERRORS = {
  busy: () =>
    new AppError('conversation_busy', 'This conversation is answering', {
      activeGenerationId: 'generation-1',
    }),
  draining: () => new AppError('draining', 'The service is shutting down', { retryAfter: 2.2 }),
  bug: () => new Error('secret of the inside at /srv/app.js'),
  thrown: () => 'a string, as libraries throw them' as unknown as Error,
} satisfies Record<string, () => Error>;

/** Resolves when the token has left for the client. */
async function writeToken(response: Response): Promise<void> {
  response.setHeader('Content-Type', 'text/event-stream');
  await new Promise((resolve) => response.write('data: {"token":"a"}\n\n', resolve));
}

@Controller('toys')
class ToyController {
  private readonly present = new Set<{ most: number }>();

  @Get()
  page(@Query() page: PageDto): object {
    return { limit: page.limit, offset: page.offset, before: page.before ?? null };
  }

  @Post()
  @HttpCode(200)
  echo(@Body() body: MessageDto): object {
    return body;
  }

  @Post('large')
  @HttpCode(200)
  measure(@Body() body: LargeDto): object {
    return { length: body.text.length };
  }

  @Post('without-body')
  @HttpCode(200)
  poke(): object {
    return { poked: true };
  }

  @Get('whoami')
  whoAmI(@Context() context: RequestContext): RequestContext {
    return context;
  }

  /** How many requests were in it at most since this one came. */
  @Get('company')
  async company(): Promise<object> {
    const mine = { most: 0 };
    this.present.add(mine);
    for (const one of this.present) one.most = Math.max(one.most, this.present.size);
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    this.present.delete(mine);
    return mine;
  }

  @Get('errors/:name')
  fail(@Param('name') name: keyof typeof ERRORS): never {
    throw ERRORS[name]();
  }

  @Get('broken-stream')
  async breakOff(@Res() response: Response): Promise<never> {
    await writeToken(response);
    throw new Error('the model went away');
  }

  @Get('endless-stream')
  async neverEnd(@Res() response: Response): Promise<void> {
    await writeToken(response);
  }

  @Get('prepared')
  prepare(@Res() response: Response): never {
    response.setHeader('Content-Type', 'text/event-stream');
    throw ERRORS.draining();
  }

  @Delete(':id')
  remove(
    @Param('id', new IdPipe('conversation_not_found', 'Conversation not found')) id: string,
  ): object {
    return { id };
  }
}

@GenerationBudget()
@Controller('generate')
class GenerateController {
  @Post('plain')
  plain(@Body() body: MessageDto): object {
    return body;
  }

  @Post('stream')
  stream(@Body() body: MessageDto): object {
    return body;
  }

  @Unlimited()
  @Post('cancel')
  cancel(): object {
    return {};
  }
}

@Public()
@Unlimited()
@Controller('health')
class HealthController {
  @Get()
  health(@Req() request: Request): object {
    return { path: request.path };
  }
}

export interface EdgeApp {
  app: NestExpressApplication;
  logger: RecordingLogger;
  /** `http://127.0.0.1:<port>` */
  url: string;
  port: number;
}

/** The real edge around toy controllers, listening on loopback. Close `app` afterwards. */
export async function startEdgeApp(overrides: SettingsOverrides = {}): Promise<EdgeApp> {
  const settings = testSettings(overrides);
  const logger = new RecordingLogger();

  @Global()
  @Module({
    providers: [
      { provide: AppLogger, useValue: logger },
      { provide: Audit, useValue: createAudit(settings.log, logger) },
      { provide: Store, useValue: new MemoryStore() },
    ],
    exports: [AppLogger, Audit, Store],
  })
  class SurroundingsModule {}

  @Module({
    imports: [
      configModule(settings),
      SurroundingsModule,
      HttpEdgeModule,
      RateLimitModule,
      IdentityModule,
    ],
    controllers: [HealthController, GenerateController, ToyController],
  })
  class EdgeTestModule {}

  const app = await NestFactory.create<NestExpressApplication>(
    EdgeTestModule,
    new NativeExpressAdapter(settings.generation),
    {
      bodyParser: false,
      logger: false,
    },
  );
  app.setGlobalPrefix('api');
  setupHttpEdge(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, logger, port, url: `http://127.0.0.1:${port}` };
}
