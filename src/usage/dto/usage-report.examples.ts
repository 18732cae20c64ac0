import type { UsageReportDto } from './usage-report.dto.js';

export const USAGE_REPORT_EXAMPLE: UsageReportDto = {
  key: { name: 'laptop', owner: 'ann', scopes: ['chat'], expires_at: null },
  from: '2026-11-01',
  to: '2026-11-25',
  total: { generations: 3, prompt_tokens: 812, completion_tokens: 388 },
  items: [
    {
      date: '2026-11-24',
      model: 'llama2',
      key: 'laptop',
      generations: 2,
      completed: 2,
      cancelled: 0,
      failed: 0,
      prompt_tokens: 512,
      completion_tokens: 300,
      estimated_tokens: 0,
    },
    {
      date: '2026-11-25',
      model: 'llama2',
      key: 'laptop',
      generations: 1,
      completed: 0,
      cancelled: 1,
      failed: 0,
      prompt_tokens: 300,
      completion_tokens: 88,
      estimated_tokens: 388,
    },
  ],
  limits: {
    tokens_day: {
      limit: 100_000,
      used: 388,
      remaining: 99_612,
      resets_at: '2026-11-26T00:00:00.000Z',
    },
    tokens_month: null,
  },
};
