import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Public } from '../common/http/public.decorator.js';
import { Unlimited } from '../rate-limit/budget.decorator.js';
import { HealthDto, LivenessDto } from './dto/health.dto.js';
import { ReadinessDto, toReadinessDto } from './dto/readiness.dto.js';
import { HealthService } from './health.service.js';

/** For probes: asked by machines, often, so without key or limit. */
@ApiTags('Health')
@Public()
@Unlimited()
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @ApiOperation({
    operationId: 'getHealth',
    summary: 'Check that the service runs',
    description: 'Says nothing of what the service depends on: see `/api/health/ready`.',
  })
  @Get()
  check(): HealthDto {
    return { status: 'healthy', timestamp: new Date().toISOString() };
  }

  @ApiOperation({
    operationId: 'getLiveness',
    summary: 'Liveness probe',
    description: 'Answers as long as the process does; when it does not, start it again.',
  })
  @Get('live')
  live(): LivenessDto {
    return { status: 'alive' };
  }

  @ApiOperation({
    operationId: 'getReadiness',
    summary: 'Readiness probe',
    description:
      'Answers within 500 ms from checks made in the background. While Ollama is down the answer says so and stays 200: history is still served.',
  })
  @ApiResponse({ status: 200, type: ReadinessDto, description: 'Send requests.' })
  @ApiResponse({
    status: 503,
    type: ReadinessDto,
    description: 'Send no requests: the store cannot be reached, or the service is shutting down.',
  })
  @Get('ready')
  async ready(@Res({ passthrough: true }) response: Response): Promise<ReadinessDto> {
    const readiness = await this.health.readiness();
    if (readiness.status !== 'ready') response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return toReadinessDto(readiness);
  }
}
