import type { INestApplication } from '@nestjs/common';
import {
  DocumentBuilder,
  SwaggerModule,
  type OpenAPIObject,
  type OperationObject,
} from '@nestjs/swagger';
import { ErrorResponseDto } from '../common/errors/error-response.dto.js';
import { DESCRIPTION, KEYS_DESCRIPTION, TAGS } from './description.js';
import { ERROR_EXAMPLES } from './error-examples.js';
import { HEADERS } from './headers.js';
import { finishOperation } from './operation.js';
import { PACKAGE_VERSION } from './package-version.js';
import { noteRouteFacts } from './route-facts.js';
import { SharedResponses } from './shared-responses.js';
import { closeRequests, finishSchemas, takeStreamSchemas } from './shared-schemas.js';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/**
 * The OpenAPI 3.1 document of all routes of `app`, from its controllers alone: nothing has to run.
 * Field descriptions come from the compiler plugin, so it is whole only in a build. `keys`: whether
 * it speaks of API keys.
 */
export function buildOpenApiDocument(
  app: INestApplication,
  { keys }: { keys: boolean },
): OpenAPIObject {
  noteRouteFacts(app);
  const document = SwaggerModule.createDocument(app, baseDocument(keys), {
    extraModels: [ErrorResponseDto],
    operationIdFactory: (_controller, method) => method,
  });
  const shared = new SharedResponses();
  const operations = operationsOf(document);
  for (const operation of operations) finishOperation(operation, { keys, shared });
  closeRequests(operations, document);
  const streamSchemas = takeStreamSchemas(operations);
  const { openapi, info, servers, tags, security, paths, components } = document;
  return {
    openapi,
    info,
    ...(servers && { servers }),
    ...(security && { security }),
    ...(tags && { tags, 'x-tagGroups': tagGroups() }),
    paths,
    components: {
      ...components,
      schemas: { ...finishSchemas(components?.schemas ?? {}), ...streamSchemas },
      responses: shared.responses,
      headers: HEADERS,
      examples: ERROR_EXAMPLES,
    },
  };
}

function baseDocument(keys: boolean): Omit<OpenAPIObject, 'paths'> {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Ollama Chat Service')
    .setDescription(keys ? `${DESCRIPTION}\n\n${KEYS_DESCRIPTION}` : DESCRIPTION)
    .setVersion(PACKAGE_VERSION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'This installation');
  if (keys) {
    builder
      .addBearerAuth({ type: 'http', scheme: 'bearer' }, 'bearer')
      .addApiKey({ type: 'apiKey', name: 'X-Api-Key', in: 'header' }, 'apiKey')
      // An installation without keys asks for none.
      .addSecurityRequirements({})
      .addSecurityRequirements('bearer')
      .addSecurityRequirements('apiKey');
  }
  for (const { name, description } of TAGS) builder.addTag(name, description);
  const document = builder.build();
  Reflect.deleteProperty(document.info, 'contact');
  return document;
}

/** For pages that show groups of tags. */
function tagGroups(): { name: string; tags: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const { name, group = 'This API' } of TAGS)
    groups.set(group, [...(groups.get(group) ?? []), name]);
  return [...groups].map(([name, tags]) => ({ name, tags }));
}

function operationsOf(document: OpenAPIObject): OperationObject[] {
  return Object.values(document.paths).flatMap((item) =>
    METHODS.flatMap((method) => item[method] ?? []),
  );
}
