import type { INestApplication } from '@nestjs/common';
import {
  DocumentBuilder,
  SwaggerModule,
  type OpenAPIObject,
  type OperationObject,
} from '@nestjs/swagger';
import { ErrorResponseDto } from '../common/errors/error-response.dto.js';
import { DESCRIPTION, TAGS } from './description.js';
import { ERROR_EXAMPLES } from './error-examples.js';
import { HEADERS } from './headers.js';
import { finishOperation } from './operation.js';
import { noteRouteFacts } from './route-facts.js';
import { STREAM_SCHEMAS } from './stream-schemas.js';

/** Version of the HTTP interface, raised when clients must know. */
const API_VERSION = '1.0.0';

const SCHEMAS = '#/components/schemas/';
const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/**
 * The OpenAPI 3.1 document of all routes of `app`, from its controllers alone: nothing has to run.
 * Field descriptions come from the compiler plugin, so it is whole only in a build.
 */
export function buildOpenApiDocument(app: INestApplication): OpenAPIObject {
  noteRouteFacts(app);
  const document = SwaggerModule.createDocument(app, baseDocument(), {
    extraModels: [ErrorResponseDto],
    operationIdFactory: (_controller, method) => method,
  });
  for (const operation of operationsOf(document)) finishOperation(operation);
  closeRequestBodies(document);
  const { openapi, info, servers, tags, security, paths, components } = document;
  return {
    openapi,
    info,
    ...(servers && { servers }),
    ...(security && { security }),
    ...(tags && { tags }),
    paths,
    components: {
      ...components,
      schemas: { ...components?.schemas, ...STREAM_SCHEMAS },
      headers: HEADERS,
      examples: ERROR_EXAMPLES,
    },
  };
}

function baseDocument(): Omit<OpenAPIObject, 'paths'> {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Ollama Chat Service')
    .setDescription(DESCRIPTION)
    .setVersion(API_VERSION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'This installation')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'API key' }, 'bearer')
    .addApiKey({ type: 'apiKey', name: 'X-Api-Key', in: 'header' }, 'apiKey')
    .addSecurityRequirements({})
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('apiKey');
  for (const { name, description } of TAGS) builder.addTag(name, description);
  const document = builder.build();
  Reflect.deleteProperty(document.info, 'contact');
  return document;
}

/** Requests are exact: a field that is not described is refused. Answers may gain fields. */
function closeRequestBodies(document: OpenAPIObject): void {
  for (const { requestBody } of operationsOf(document)) {
    if (requestBody) closeSchemas(requestBody, document);
  }
}

function closeSchemas(node: unknown, document: OpenAPIObject): void {
  if (typeof node !== 'object' || node === null) return;
  if ('$ref' in node && typeof node.$ref === 'string') {
    const schema = document.components?.schemas?.[node.$ref.slice(SCHEMAS.length)];
    if (!schema || '$ref' in schema || schema.additionalProperties === false) return;
    schema.additionalProperties = false;
    closeSchemas(schema.properties, document);
    return;
  }
  for (const child of Object.values(node)) closeSchemas(child, document);
}

function operationsOf(document: OpenAPIObject): OperationObject[] {
  return Object.values(document.paths).flatMap((item) =>
    METHODS.flatMap((method) => item[method] ?? []),
  );
}
