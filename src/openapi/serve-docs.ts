import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { NestExpressApplication } from '@nestjs/platform-express';
import express, { Router, type Request, type Response } from 'express';
import { DOCS_POLICY, DOCS_SCRIPT, docsPage } from './docs-page.js';
import { buildOpenApiDocument } from './openapi-document.js';

const assetFolder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
/** Of the distribution's files, those that the page loads. */
const ASSETS = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/**
 * Serves the OpenAPI document at `/api/openapi.json` and Swagger UI at `/api/docs`, to everybody and
 * without a limit. Call it before the application listens; the document is built on first demand.
 */
export function serveDocs(app: NestExpressApplication): void {
  let json: string | undefined;
  const document = (): string => (json ??= serializeDocument(buildOpenApiDocument(app)));
  app.use('/api', docsRouter(document));
}

/** The document as it is served and committed: a line a change, and no wider than that takes. */
export function serializeDocument(document: OpenAPIObject): string {
  return `${JSON.stringify(document, null, 1)}\n`;
}

function docsRouter(document: () => string): Router {
  const router = Router();
  router.get('/openapi.json', (_request, response) => {
    response.type('application/json').send(document());
  });
  router.get(['/docs', '/docs/index.html'], sendPage);
  router.get('/docs/start.js', (_request, response) => {
    response.type('text/javascript').send(DOCS_SCRIPT);
  });
  const files = express.static(assetFolder, { index: false, redirect: false, maxAge: '1h' });
  for (const asset of ASSETS) {
    router.get(`/docs/${asset}`, (request, response, next) => {
      request.url = `/${asset}`;
      // The service's answers are kept by no cache; these never change while it runs.
      response.removeHeader('Cache-Control');
      files(request, response, next);
    });
  }
  return router;
}

function sendPage(request: Request, response: Response): void {
  const inFolder = request.path.startsWith('/docs/');
  response.setHeader('Content-Security-Policy', DOCS_POLICY);
  response.type('html').send(docsPage(inFolder ? './' : 'docs/'));
}
