import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Router, type Request, type RequestHandler, type Response } from 'express';
import { hasAlready } from '../common/http/entity-tags.js';
import { RequestIdentity } from '../common/http/request-guards.js';
import { DOCS_POLICY, DOCS_SCRIPT, docsPage } from './docs-page.js';
import { buildOpenApiDocument } from './openapi-document.js';

const assetFolder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
/** Files of the distribution that the page loads. */
const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/** Responses of the service must not be cached, but these files do not change while it runs. */
const FOR_AN_HOUR = 'public, max-age=3600';
/** Cached and revalidated each time: a new release may have changed it. */
const ASKED_AGAIN = 'no-cache';

/**
 * Serves the OpenAPI document at `/api/openapi.json` and Swagger UI at `/api/docs`, without a key
 * and without a limit. Call it before the application listens; the document is built at the first
 * request. All is served from memory: a file would stay open as long as a client does not read it.
 */
export function serveDocs(app: NestExpressApplication): void {
  const docs = Router();
  docs.get('/', sendIndex);
  docs.get('/api/openapi.json', documentHandler(app));
  docs.get(['/api/docs', '/api/docs/index.html'], sendPage);
  docs.get('/api/docs/start.js', sendCached('start.js', Buffer.from(DOCS_SCRIPT), ASKED_AGAIN));
  for (const asset of ASSETS) {
    const content = readFileSync(join(assetFolder, asset));
    docs.get(`/api/docs/${asset}`, sendCached(asset, content, FOR_AN_HOUR));
  }
  app.use(docs);
}

/** The document as it is served and committed: a line a change, and no wider than that takes. */
export function serializeDocument(document: OpenAPIObject): string {
  return `${JSON.stringify(document, null, 1)}\n`;
}

function documentHandler(app: NestExpressApplication): RequestHandler {
  const identity = app.get(RequestIdentity);
  const handlers = new Map<boolean, RequestHandler>();
  const handlerOf = (keys: boolean): RequestHandler => {
    const document = serializeDocument(buildOpenApiDocument(app, { keys }));
    return sendCached('openapi.json', Buffer.from(document), ASKED_AGAIN);
  };
  return (request, response, next) => {
    // The first key may be made while the service runs.
    const keys = identity.required;
    const send = handlers.get(keys) ?? handlerOf(keys);
    handlers.set(keys, send);
    void send(request, response, next);
  };
}

/** Answers 304 where the client has it; Express would not where `Cache-Control` is `no-cache`. */
function sendCached(name: string, content: Buffer, cacheControl: string): RequestHandler {
  const etag = `"${createHash('sha256').update(content).digest('base64url')}"`;
  return (request, response) => {
    response.setHeader('ETag', etag);
    response.setHeader('Cache-Control', cacheControl);
    if (hasAlready(request.headers['if-none-match'], etag)) response.status(304).end();
    else response.type(name).send(content);
  };
}

/** For people who open the service's address. */
function sendIndex(_request: Request, response: Response): void {
  response.json({
    name: 'Ollama Chat Service',
    docs: '/api/docs',
    openapi: '/api/openapi.json',
  });
}

function sendPage(request: Request, response: Response): void {
  const inFolder = request.path.startsWith('/api/docs/');
  response.setHeader('Content-Security-Policy', DOCS_POLICY);
  response.type('html').send(docsPage(inFolder ? './' : 'docs/'));
}
