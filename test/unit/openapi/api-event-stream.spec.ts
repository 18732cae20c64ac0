import { Controller, Get } from '@nestjs/common';
import { SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import {
  ApiEventStream,
  schemaRef,
  SCHEMAS_EXTENSION,
  type StreamDocument,
} from '../../../src/openapi/decorators/api-event-stream.js';

const streamOf = (body: string, contentType: string): StreamDocument => ({
  contentType,
  body,
  schemas: { Event: { type: 'object' }, [body]: { type: 'string' } },
  examples: { one: { value: body } },
});

const VERSION = { schema: { type: 'string' as const } };

@Controller()
class StreamController {
  @ApiEventStream(
    'The answer as it comes.',
    { ...streamOf('Blocks', 'text/event-stream'), headers: { 'X-Version': VERSION } },
    streamOf('Lines', 'application/x-ndjson'),
  )
  @Get()
  stream(): string {
    return '';
  }
}

async function documentOf(controller: typeof StreamController): Promise<OpenAPIObject> {
  const module = await Test.createTestingModule({ controllers: [controller] }).compile();
  const app = module.createNestApplication({ logger: false });
  await app.init();
  const document = SwaggerModule.createDocument(app, {
    openapi: '3.1.0',
    info: { title: '', version: '' },
  });
  await app.close();
  return document;
}

test('a route with two formats has the content, the headers and the schemas of both', async () => {
  const operation = (await documentOf(StreamController)).paths['/']?.get;
  expect(operation?.responses['200']).toEqual({
    description: 'The answer as it comes.',
    headers: { 'X-Version': VERSION },
    content: {
      'text/event-stream': { schema: schemaRef('Blocks'), examples: { one: { value: 'Blocks' } } },
      'application/x-ndjson': { schema: schemaRef('Lines'), examples: { one: { value: 'Lines' } } },
    },
  });
  expect(operation).toHaveProperty(SCHEMAS_EXTENSION, {
    Event: { type: 'object' },
    Blocks: { type: 'string' },
    Lines: { type: 'string' },
  });
});
