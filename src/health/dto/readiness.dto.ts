import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Readiness, ReadinessStatus } from '../health.service.js';
import type { DefaultModelState } from '../indicators/default-model.indicator.js';
import type { ModelServerState } from '../indicators/model-server.indicator.js';
import { ApiEnum } from '../../openapi/decorators/api-enum.js';
import type { StoreState } from '../indicators/store.indicator.js';

const STATUSES: readonly ReadinessStatus[] = ['ready', 'unavailable', 'draining'];
const MODEL_STATES: readonly DefaultModelState[] = ['present', 'missing', 'unknown'];

/** The dependencies of the service, from the last background check. */
@ApiSchema({ name: 'Dependencies' })
export class DependenciesDto {
  /** The store of conversations. While it is down, the service is not ready. */
  @ApiEnum('DependencyState', { example: 'up' })
  store!: StoreState;

  /**
   * The model server Ollama, where it is configured. While it is down, chat requests to its models fail; the
   * history still works.
   */
  @ApiEnum('DependencyState', { example: 'up', required: false })
  ollama?: ModelServerState;

  /** The models of `SCENARIO_FILE`, where it is set: always `up`. */
  @ApiEnum('DependencyState', { example: 'up', required: false })
  scenario?: ModelServerState;

  /** The same of the OpenAI-compatible server. */
  @ApiEnum('DependencyState', { example: 'up', required: false })
  openai?: ModelServerState;

  /** The model of requests that name none; `unknown` while its model server is down. */
  @ApiProperty({ enum: MODEL_STATES, enumName: 'DefaultModelState', example: 'present' })
  default_model!: DefaultModelState;
}

/** Whether the service should receive requests. */
@ApiSchema({ name: 'Readiness' })
export class ReadinessDto {
  /** `unavailable` while the store cannot be reached, `draining` during a shutdown. */
  @ApiProperty({ enum: STATUSES, enumName: 'ReadinessStatus', example: 'ready' })
  status!: ReadinessStatus;

  @ApiProperty({ type: () => DependenciesDto })
  dependencies!: DependenciesDto;
}

export function toReadinessDto({ status, dependencies }: Readiness): ReadinessDto {
  const { store, modelServers, defaultModel } = dependencies;
  return { status, dependencies: { store, ...modelServers, default_model: defaultModel } };
}
