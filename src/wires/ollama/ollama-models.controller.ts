import { Body, Controller, Get, Header, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { NeedsScope } from '../../common/http/needs-scope.decorator.js';
import { Context, type RequestContext } from '../../common/http/request-context.js';
import { ApiErrors } from '../../openapi/decorators/api-errors.js';
import { OllamaBody } from './ollama-body.js';
import { MODEL_DOCUMENTS } from './models-document.js';
import { OLLAMA_VERSION, toShown, toTag } from './models.js';
import { OllamaModels } from './ollama-models.js';
import { fieldOf, textOf, wrong } from './request/fields.js';

const { base, tags, show, ps, version } = MODEL_DOCUMENTS;

/** The routes of Ollama that tell what there is, for its own clients: only what this service offers. */
@ApiTags('Ollama')
@NeedsScope('read')
@Controller('ollama')
export class OllamaModelsController {
  constructor(private readonly models: OllamaModels) {}

  @ApiOperation({
    operationId: 'ollamaIsRunning',
    summary: 'Ask whether Ollama is there',
    description: 'What its command line asks first, with `HEAD`.',
  })
  @ApiOkResponse(base)
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @Get()
  isRunning(): string {
    return 'Ollama is running';
  }

  @ApiOperation({
    operationId: 'ollamaTags',
    summary: 'List models as Ollama does',
    description: 'Those of `GET /api/models`.',
  })
  @ApiErrors('model_unavailable')
  @ApiOkResponse(tags)
  @Get('api/tags')
  async tags(@Context() { grant }: RequestContext): Promise<object> {
    return { models: (await this.models.list(grant?.models ?? null)).map(toTag) };
  }

  @ApiOperation({
    operationId: 'ollamaShow',
    summary: 'Show a model as Ollama does',
    description: 'What is known of it here. Its definition is not shown.',
  })
  @ApiErrors('model_not_found', 'model_unavailable')
  @ApiBody(show.body)
  @ApiOkResponse(show.response)
  @HttpCode(HttpStatus.OK)
  @Post('api/show')
  async show(@Body() body: OllamaBody, @Context() { grant }: RequestContext): Promise<object> {
    // The command line calls it its name, and sends an empty model.
    const names = ['model', 'name'].map((field) => textOf(fieldOf(body, field)) ?? '');
    const name = names.find((each) => each !== '') ?? '';
    if (name === '') throw wrong({ path: 'model' }, 'is required');
    const { model, profile } = await this.models.find(name, grant?.models ?? null);
    return toShown(model, profile);
  }

  @ApiOperation({
    operationId: 'ollamaPs',
    summary: 'List loaded models as Ollama does',
    description: 'Always none: which models are loaded is not told here.',
  })
  @ApiOkResponse(ps)
  @Get('api/ps')
  loaded(): object {
    return { models: [] };
  }

  @ApiOperation({
    operationId: 'ollamaVersion',
    summary: 'Ask for the version of Ollama’s API',
    description: 'Clients ask for it before they use what is newer.',
  })
  @ApiOkResponse(version)
  @Get('api/version')
  version(): object {
    return { version: OLLAMA_VERSION };
  }
}
