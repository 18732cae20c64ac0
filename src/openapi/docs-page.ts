/** Hides parts of the page without information, and adapts it to phones. */
const STYLE = `
.swagger-ui tr.response:not([data-code^='2']) .headers-wrapper { display: none; }
@media (max-width: 640px) {
  .swagger-ui .wrapper { padding: 0 10px; }
  .swagger-ui .info { margin: 24px 0; }
  .swagger-ui .response-col_links, .swagger-ui .responses-inner h4 + select { display: none; }
  .swagger-ui table.responses-table, .swagger-ui table.parameters, .swagger-ui table.headers {
    table-layout: fixed;
  }
  .swagger-ui table.responses-table td.response-col_status { width: 52px; }
  .swagger-ui table.headers th:first-child { width: 36%; }
  .swagger-ui table.headers th:last-child { width: 56px; }
  .swagger-ui .parameters-col_name { width: 32%; }
  .swagger-ui table tbody tr td:first-of-type { min-width: 0; max-width: none; padding-right: 8px; }
  .swagger-ui td, .swagger-ui .markdown code { overflow-wrap: anywhere; }
  .swagger-ui select, .swagger-ui input, .swagger-ui textarea { max-width: 100%; min-width: 0; }
}
`;

/** The documentation page. Everything it loads comes from this service; it has no inline script. */
export const docsPage = (assets: string): string => `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Ollama Chat Service</title>
    <link rel="icon" type="image/png" href="${assets}favicon-32x32.png" sizes="32x32" />
    <link rel="stylesheet" href="${assets}swagger-ui.css" />
    <style>${STYLE}</style>
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="${assets}swagger-ui-bundle.js"></script>
    <script src="${assets}start.js"></script>
  </body>
</html>
`;

/**
 * Starts Swagger UI, dark where the reader's system is. Addresses are taken from the page's own, so
 * that a proxy may serve the API under a path that the service does not know. Entered keys are not
 * stored.
 */
export const DOCS_SCRIPT = `'use strict';
const base = location.pathname.replace(/\\/api\\/docs(\\/.*)?$/, '');
const dark = matchMedia('(prefers-color-scheme: dark)');

function showScheme() {
  document.documentElement.classList.toggle('dark-mode', dark.matches);
}

function behindProxy(request) {
  const url = new URL(request.url, location.href);
  if (base && url.origin === location.origin && !url.pathname.startsWith(base + '/')) {
    url.pathname = base + url.pathname;
    request.url = url.href;
  }
  return request;
}

// Commands of the document can be copied as they stand on this page.
function withAddress(response) {
  if (response.url.endsWith('/api/openapi.json')) {
    response.text = response.text.replaceAll('$URL', location.origin + base);
  }
  return response;
}

showScheme();
dark.addEventListener('change', showScheme);
// Keys that the page of an earlier release has stored.
localStorage.removeItem('authorized');

window.ui = SwaggerUIBundle({
  url: base + '/api/openapi.json',
  dom_id: '#swagger-ui',
  presets: [SwaggerUIBundle.presets.apis],
  layout: 'BaseLayout',
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  // A key stays in the page's memory: what is stored, every script of this origin may read later.
  persistAuthorization: false,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  requestInterceptor: behindProxy,
  responseInterceptor: withAddress,
});
`;

/** What the page may load: its own files; Swagger UI styles inline and has images as data. */
export const DOCS_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'";
