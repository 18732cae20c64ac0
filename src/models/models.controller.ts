import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { NeedsScope } from '../common/http/needs-scope.decorator.js';
import { Context, type RequestContext } from '../common/http/request-context.js';
import { ApiErrors } from '../openapi/decorators/api-errors.js';
import { ModelListDto } from './dto/model-list.dto.js';
import { presentModels } from './model-presenter.js';
import { ModelsService } from './models.service.js';

@ApiTags('Models')
@Controller('models')
export class ModelsController {
  constructor(private readonly models: ModelsService) {}

  @ApiOperation({
    operationId: 'listModels',
    summary: 'List available models',
    description:
      'Models that a chat may use, of all model servers that answer. The list omits models that ' +
      'cannot chat, such as embedding models, and cloud models of Ollama that are not allowed by name.',
  })
  @ApiErrors('model_unavailable')
  @NeedsScope('read')
  @Get()
  async list(@Context() { grant }: RequestContext): Promise<ModelListDto> {
    const { models, defaultModel } = await this.models.list(grant?.models ?? null);
    return presentModels(models, defaultModel, (model) => this.models.defaultsOf(model));
  }
}
