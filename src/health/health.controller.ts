import { Controller, Get, HttpStatus, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Public } from '../common/http/public.decorator.js';
import { Unlimited } from '../rate-limit/budget.decorator.js';
import { HealthDto, LivenessDto } from './dto/health.dto.js';
import { ReadinessDto, toReadinessDto } from './dto/readiness.dto.js';
import { HealthService } from './health.service.js';

/** Routes for frequent automatic probes, so without key or limit. */
@ApiTags('Health')
@Public()
@Unlimited()
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @ApiOperation({
    operationId: 'getHealth',
    summary: 'Check that the service runs',
    description: 'Does not check dependencies: see `/api/health/ready`.',
  })
  @Get()
  check(): HealthDto {
    return { status: 'healthy', timestamp: new Date().toISOString() };
  }

  @ApiOperation({
    operationId: 'getLiveness',
    summary: 'Liveness probe',
    description: 'Answers while the process works. If it does not answer, restart the process.',
  })
  @Get('live')
  live(): LivenessDto {
    return { status: 'alive' };
  }

  @ApiOperation({
    operationId: 'getReadiness',
    summary: 'Readiness probe',
    description:
      'Answers within 500 ms, with the results of background checks. If a model ' +
      'server is down, the response says so but is still 200, because the history can be served.',
  })
  @ApiResponse({
    status: 200,
    type: ReadinessDto,
    description: 'The service can receive requests.',
  })
  @ApiResponse({
    status: 503,
    type: ReadinessDto,
    description:
      'The service cannot receive requests: the store cannot be reached, or the service is shutting down.',
  })
  @Get('ready')
  async ready(@Res({ passthrough: true }) response: Response): Promise<ReadinessDto> {
    const readiness = await this.health.readiness();
    if (readiness.status !== 'ready') response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return toReadinessDto(readiness);
  }
}
