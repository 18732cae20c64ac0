/**
 * What to do now that the service runs, to be read and pasted.
 *
 * @param {string} url
 * @param {NodeJS.Platform} platform
 * @returns {string}
 */
export function nextSteps(url, platform) {
  return [
    '',
    `  Swagger page   ${url}/api/docs`,
    '  Ask yourself   ' + curl(url, platform),
    '',
  ].join('\n');
}

/**
 * @param {string} url
 * @param {NodeJS.Platform} platform Windows' own shell knows no single quotes.
 */
function curl(url, platform) {
  const body = '{"message": "Hello, how are you?"}';
  const [type, data] =
    platform === 'win32'
      ? ['"Content-Type: application/json"', `"${body.replaceAll('"', '\\"')}"`]
      : ["'Content-Type: application/json'", `'${body}'`];
  return `curl -N ${url}/api/chat/stream -H ${type} -d ${data}`;
}
