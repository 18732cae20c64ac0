import { Router, type Express, type RequestHandler } from 'express';
import { sendError } from '../errors/error-responder.js';
import { methodNotAllowed, routeNotFound } from '../errors/http-error.js';

/** What Express's router lists: a route, or a router below a path. */
interface Listed {
  path: string;
  methods: string[] | undefined;
  router: object | undefined;
}

/**
 * The response if no route matched: 405 with `Allow` if the path has other methods, else 404.
 * Create it after all routes.
 */
export function unroutedHandler(app: Express): RequestHandler {
  const known = Router();
  for (const [path, methods] of methodsByPath(app)) {
    const allow = [...methods, 'OPTIONS'].join(', ');
    known.all(path, (_request, response) => {
      response.setHeader('Allow', allow);
      sendError(response, methodNotAllowed());
    });
  }
  return (request, response) => {
    known(request, response, () => sendError(response, routeNotFound()));
  };
}

function methodsByPath(app: Express): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { path, methods = [] } of routesOf(app.router)) {
    const known = found.get(path) ?? new Set();
    for (const method of methods) known.add(method);
    found.set(path, known);
  }
  return found;
}

function routesOf(router: object): Listed[] {
  const list: unknown = 'listRoutes' in router ? router.listRoutes : undefined;
  if (!isListRoutes(list)) throw new Error('This Express does not list its routes');
  return list.call(router).flatMap((listed) => {
    if (!listed.router) return [listed];
    const below = listed.path === '/' ? '' : listed.path;
    return routesOf(listed.router).map((inner) => ({ ...inner, path: below + inner.path }));
  });
}

/** Its types do not have it yet. */
function isListRoutes(value: unknown): value is (this: object) => Listed[] {
  return typeof value === 'function';
}
