/** The documentation page. Everything it loads comes from this service; it has no inline script. */
export const docsPage = (assets: string): string => `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Ollama Chat Service</title>
    <link rel="icon" type="image/png" href="${assets}favicon-32x32.png" sizes="32x32" />
    <link rel="stylesheet" href="${assets}swagger-ui.css" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="${assets}swagger-ui-bundle.js"></script>
    <script src="${assets}start.js"></script>
  </body>
</html>
`;

/**
 * Starts Swagger UI. Addresses are taken from the page's own, so that a proxy may serve the API
 * under a path that the service does not know of.
 */
export const DOCS_SCRIPT = `'use strict';
const base = location.pathname.replace(/\\/api\\/docs(\\/.*)?$/, '');

function behindProxy(request) {
  const url = new URL(request.url, location.href);
  if (base && url.origin === location.origin && !url.pathname.startsWith(base + '/')) {
    url.pathname = base + url.pathname;
    request.url = url.href;
  }
  return request;
}

window.ui = SwaggerUIBundle({
  url: base + '/api/openapi.json',
  dom_id: '#swagger-ui',
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  persistAuthorization: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  requestInterceptor: behindProxy,
});
`;

/** What the page may load: its own files; Swagger UI styles inline and has images as data. */
export const DOCS_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'";
