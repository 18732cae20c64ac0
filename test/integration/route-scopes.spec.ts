import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer, Reflector } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApp } from '../../src/app.setup.js';
import { neededScope } from '../../src/common/http/needs-scope.decorator.js';
import { Public } from '../../src/common/http/public.decorator.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { testSettings } from '../support/settings.js';

type Handler = (...args: unknown[]) => unknown;
type Controller = new (...args: unknown[]) => object;

/** Every route of the service with the scope that it needs; a new route is one more line here. */
const ROUTES = `
GET /api/events: read
POST /api/chat: chat
POST /api/chat/stream: chat
GET /api/generations/:id: read
GET /api/generations/:id/stream: read
POST /api/generations/:id/cancel: chat
GET /api/health: public
GET /api/health/live: public
GET /api/health/ready: public
DELETE /api/history/:id: chat
GET /api/history: read
GET /api/usage: any
GET /api/history/:id: read
GET /api/history/tags: read
POST /api/history: chat
PUT /api/history/:id: chat
DELETE /api/history/:id/messages/:message: chat
POST /api/history/:id/fork: chat
GET /api/history/:id/images/:image: read
GET /api/models: read
POST /v1/chat/completions: chat
GET /v1/models: read
GET /v1/models/*model: read
POST /v1/responses: chat
GET /v1/responses/:id: read
DELETE /v1/responses/:id: chat
POST /v1/responses/:id/cancel: chat
GET /v1/responses/:id/input_items: read
POST /v1/conversations: chat
GET /v1/conversations/:id: read
POST /v1/conversations/:id: chat
DELETE /v1/conversations/:id: chat
GET /v1/conversations/:id/items: read
POST /v1/conversations/:id/items: chat
GET /v1/conversations/:id/items/:item: read
DELETE /v1/conversations/:id/items/:item: chat
POST /api/chat/ui: chat
GET /api/chat/ui/:chatId: read
GET /api/chat/ui/:chatId/stream: read
POST /api/chat/ui/:chatId/stop: chat
GET /api/ollama: read
POST /api/ollama/api/chat: chat
POST /api/ollama/api/generate: chat
POST /api/ollama/api/show: read
GET /api/ollama/api/tags: read
GET /api/ollama/api/ps: read
GET /api/ollama/api/version: read
`;

function routesOf(app: NestExpressApplication): string[] {
  const reflector = app.get(Reflector);
  return [...app.get(ModulesContainer).values()].flatMap((module) =>
    [...module.controllers.values()].flatMap(({ metatype }) =>
      scopesOf(metatype as Controller, reflector),
    ),
  );
}

function scopesOf(controller: Controller, reflector: Reflector): string[] {
  const prototype = controller.prototype as Record<string, Handler>;
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const handler = prototype[name];
    if (!handler || !Reflect.hasMetadata(PATH_METADATA, handler)) return [];
    const method = RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as number];
    const parts = [controller, handler].map((part) =>
      String(Reflect.getMetadata(PATH_METADATA, part)),
    );
    // The API of another product has paths of its own.
    const prefix = parts[0]?.startsWith('v1/') ? [] : ['api'];
    const path = [...prefix, ...parts].join('/').replaceAll(/\/+/g, '/').replace(/\/$/, '');
    const isPublic = reflector.getAllAndOverride(Public, [handler, controller]);
    const context = { getHandler: () => handler, getClass: () => controller };
    const scope = isPublic ? 'public' : neededScope(context as never);
    return [`${method} /${path}: ${scope}`];
  });
}

it('every route needs the scope that is written here', async () => {
  const app = await createApp(testSettings(), new RecordingLogger());
  try {
    expect(routesOf(app).sort()).toEqual(ROUTES.trim().split('\n').sort());
  } finally {
    await app.close();
  }
});
