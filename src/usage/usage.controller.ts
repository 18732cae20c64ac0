import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AppError } from '../common/errors/app-error.js';
import { NeedsScope } from '../common/http/needs-scope.decorator.js';
import { Context, type RequestContext } from '../common/http/request-context.js';
import { RefusedRequests } from '../common/http/request-guards.js';
import { ApiErrors } from '../openapi/decorators/api-errors.js';
import { UsageQueryDto } from './dto/usage-query.dto.js';
import { UsageReportDto } from './dto/usage-report.dto.js';
import { USAGE_REPORT_EXAMPLE } from './dto/usage-report.examples.js';
import { toUsageReport } from './usage-presenter.js';
import { UsageService } from './usage.service.js';

@ApiTags('Usage')
@ApiErrors('scope_missing', 'store_unavailable')
@Controller('usage')
export class UsageController {
  constructor(
    private readonly usage: UsageService,
    private readonly refused: RefusedRequests,
  ) {}

  @ApiOperation({
    operationId: 'getUsage',
    summary: 'See what answers took',
    description:
      'The tokens of answers by the day of their ends (UTC), model and key, and where your key stands with ' +
      'its quotas. An answer is in it as soon as its end can be read. It is kept for 400 days, and ' +
      'deleting a conversation takes nothing from it.',
  })
  @ApiOkResponse({
    type: UsageReportDto,
    description: 'What answers took.',
    example: USAGE_REPORT_EXAMPLE,
  })
  @NeedsScope('any')
  @Get()
  async report(
    @Query() { from, to, owner }: UsageQueryDto,
    @Context() context: RequestContext,
  ): Promise<UsageReportDto> {
    const question = { from: from ?? null, to: to ?? null, owner: owner ?? null };
    try {
      const report = await this.usage.report(context.grant, question);
      return toUsageReport(report, owner !== undefined);
    } catch (error) {
      if (error instanceof AppError) this.refused.note(context, error);
      throw error;
    }
  }
}
