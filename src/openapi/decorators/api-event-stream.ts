import { applyDecorators } from '@nestjs/common';
import {
  ApiExtension,
  ApiResponse,
  type ExampleObject,
  type HeaderObject,
  type ReferenceObject,
  type SchemaObject,
} from '@nestjs/swagger';

/** A schema with keywords of OpenAPI 3.1 that the library's type does not know. */
export type DocumentSchema =
  ReferenceObject | (SchemaObject & { contentMediaType?: string; contentSchema?: ReferenceObject });

/** What the document says of a format in which answers are streamed. */
export interface StreamDocument {
  contentType: string;
  /** Response headers that it alone has. */
  headers?: Record<string, HeaderObject>;
  /** For `components.schemas`, by name. */
  schemas: Record<string, DocumentSchema>;
  /** The one of them that describes the whole body. */
  body: string;
  /** Streams as their bytes are. */
  examples: Record<string, ExampleObject>;
}

/** Where a stream's schemas stand in its operation until the document is finished. */
export const SCHEMAS_EXTENSION = 'x-stream-schemas';

export const schemaRef = (name: string): ReferenceObject => ({
  $ref: `#/components/schemas/${name}`,
});

/**
 * Documents a 200 that is a stream: its events as schemas, the bytes as they come.
 *
 * @param streams one for each format that the route has, each with another content type
 */
export function ApiEventStream(
  description: string,
  ...streams: readonly StreamDocument[]
): MethodDecorator {
  const content = streams.map(
    ({ contentType, body, examples }) =>
      [contentType, { schema: schemaRef(body), examples }] as const,
  );
  const schemas = streams.flatMap((stream) => Object.entries(stream.schemas));
  return applyDecorators(
    ApiResponse({
      status: 200,
      description,
      content: Object.fromEntries(content),
      headers: Object.fromEntries(streams.flatMap(({ headers = {} }) => Object.entries(headers))),
    }),
    ApiExtension(SCHEMAS_EXTENSION, Object.fromEntries(schemas)),
  );
}
