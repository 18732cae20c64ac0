import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { AppError } from '../../common/errors/app-error.js';
import { NeedsScope } from '../../common/http/needs-scope.decorator.js';
import { Context, type RequestContext } from '../../common/http/request-context.js';
import type { ModelInfo } from '../../domain/model.js';
import { ModelProvider } from '../../models/model-provider.js';
import { ModelsService } from '../../models/models.service.js';
import { isSameModel } from '../../models/permitted-models.js';
import { ApiErrorForm } from '../../openapi/decorators/api-error-form.js';
import { ApiErrors } from '../../openapi/decorators/api-errors.js';
import { OPENAI_ERRORS_DOCUMENT } from '../openai-errors.js';
import { MODEL_LIST, ONE_MODEL } from './openai-chat.document.js';

@ApiTags('OpenAI chat')
@ApiErrorForm(OPENAI_ERRORS_DOCUMENT)
@ApiErrors('model_unavailable')
@NeedsScope('read')
@Controller('v1/models')
export class OpenAiModelsController {
  constructor(
    private readonly models: ModelsService,
    private readonly provider: ModelProvider,
  ) {}

  /** The models that a chat may name. */
  @ApiOperation({
    operationId: 'listModelsAsOpenAi',
    summary: 'List models as OpenAI’s API does',
  })
  @ApiOkResponse(MODEL_LIST)
  @Get()
  async list(@Context() context: RequestContext) {
    const models = await this.permitted(context);
    return { object: 'list', data: models.map((model) => this.present(model)) };
  }

  /** One of them; its name may hold slashes. */
  @ApiOperation({
    operationId: 'getModelAsOpenAi',
    summary: 'Read one model as OpenAI’s API does',
  })
  @ApiParam({
    name: 'model',
    type: String,
    description: 'Its name; slashes are taken as they are.',
  })
  @ApiOkResponse(ONE_MODEL)
  @ApiErrors('model_not_found')
  @Get('*model')
  async get(@Param('model') model: string | readonly string[], @Context() context: RequestContext) {
    const name = typeof model === 'string' ? model : model.join('/');
    const permitted = await this.permitted(context);
    const found = permitted.find((one) => isSameModel(this.provider, one.name, name));
    if (found) return this.present(found);
    throw new AppError('model_not_found', 'Model not found; GET /v1/models lists those there are');
  }

  private async permitted({ grant }: RequestContext): Promise<readonly ModelInfo[]> {
    return (await this.models.list(grant?.models ?? null)).models;
  }

  private present({ name, modifiedAt }: ModelInfo) {
    const created = Math.floor(Date.parse(modifiedAt) / 1000);
    return {
      id: name,
      object: 'model',
      created: Number.isFinite(created) ? created : 0,
      owned_by: this.provider.identify(name).provider,
    };
  }
}
