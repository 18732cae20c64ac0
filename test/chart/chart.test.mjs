import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { Ajv2020 as Ajv } from 'ajv/dist/2020.js';
import { parseAllDocuments, stringify } from 'yaml';
import { HELM, KUBERNETES, SCHEMAS } from '../../scripts/chart/tools.mjs';
import { run } from '../../scripts/containers/run.mjs';

const CHART = resolve(import.meta.dirname, '../../deploy/helm/ollama-chat-service');
const VALUES = readdirSync(join(CHART, 'ci')).map((name) => join(CHART, 'ci', name));
const folder = mkdtempSync(join(tmpdir(), 'chat-chart-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const DATABASE = { secrets: { values: { HISTORY_DB_URL: 'postgresql://db/chat' } } };

/** What helm renders, as text. @param {string} file @param {string} [version] of Kubernetes */
const render = (file, version = '1.37.0') =>
  run(HELM, ['template', 'chat', CHART, '--kube-version', version, '--values', file]);

/** @param {object} values @returns {string} a file of them */
function fileOf(values) {
  const file = join(folder, 'values.yaml');
  writeFileSync(file, stringify(values));
  return file;
}

/** Objects by kind. @param {object} values @returns {Promise<Rendered>} */
async function objects(values) {
  const text = await render(fileOf(values));
  const documents = parseAllDocuments(text).map((document) => document.toJS());
  return Object.fromEntries(documents.filter(Boolean).map((object) => [object.kind, object]));
}

/** Objects by kind, as Kubernetes has them. @typedef {Record<string, any>} Rendered */

const podOf = (/** @type {Rendered} */ { Deployment }) => Deployment.spec.template.spec;
/** @param {Rendered} rendered @returns {Record<string, string>} */
const environmentOf = (rendered) =>
  Object.fromEntries(
    podOf(rendered).containers[0].env.map(
      (/** @type {{ name: string, value: string }} */ { name, value }) => [name, value],
    ),
  );

/**
 * Fails unless the schema of an object's kind takes it: unknown fields are refused.
 *
 * @param {string} version of Kubernetes @param {Rendered} object
 */
function takes(version, object) {
  const read = (/** @type {string} */ name) =>
    JSON.parse(readFileSync(join(SCHEMAS, `v${version}`, name), 'utf8'));
  const [group, groupVersion] = object.apiVersion.split('/');
  const kind = [object.kind.toLowerCase(), group.split('.')[0], groupVersion]
    .filter(Boolean)
    .join('-');
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const schema = read(`${kind}.json`);
  ajv.addSchema(read('_definitions.json'), new URL('/api/_definitions.json', schema.$id).href);
  const valid = ajv.validate(schema, object);
  assert.ok(valid, `${kind}: ${JSON.stringify(ajv.errors)}`);
}

for (const file of VALUES) {
  const name = file.slice(CHART.length + 1);
  for (const version of KUBERNETES) {
    test(`${name} renders what Kubernetes ${version} takes`, async () => {
      const rendered = parseAllDocuments(await render(file, version)).map((one) => one.toJS());
      for (const object of rendered.filter(Boolean)) takes(version, object);
    });
  }
  test(`${name} has nothing that helm lint finds`, async () => {
    await run(HELM, ['lint', '--strict', '--kube-version', '1.37.0', CHART, '--values', file]);
  });
}

test('Kubernetes waits longer than the delay and the drain together', async () => {
  const settings = [
    { delay: 0, drain: 0 },
    { delay: 10, drain: 60 },
    { delay: 30, drain: 900 },
  ];
  for (const { delay, drain } of settings) {
    const rendered = await objects({ ...DATABASE, shutdown: { delay, drain } });
    const { SHUTDOWN_DELAY, SHUTDOWN_DRAIN } = environmentOf(rendered);
    assert.deepEqual([Number(SHUTDOWN_DELAY), Number(SHUTDOWN_DRAIN)], [delay, drain]);
    assert.ok(podOf(rendered).terminationGracePeriodSeconds > delay + drain);
  }
});

test('probes are apart: the database takes a pod out of the balancer and restarts none', async () => {
  const [container] = podOf(await objects(DATABASE)).containers;
  assert.equal(container.livenessProbe.httpGet.path, '/api/health/live');
  assert.equal(container.startupProbe.httpGet.path, '/api/health/live');
  assert.equal(container.readinessProbe.httpGet.path, '/api/health/ready');
});

test('a pod has a read-only root, no rights, and writes to its volumes only', async () => {
  const pod = podOf(await objects(DATABASE));
  assert.equal(pod.securityContext.runAsNonRoot, true);
  assert.equal(pod.securityContext.seccompProfile.type, 'RuntimeDefault');
  assert.equal(pod.automountServiceAccountToken, false);
  const [{ securityContext, volumeMounts }] = pod.containers;
  assert.deepEqual(securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  const writable = volumeMounts.filter((/** @type {Rendered} */ { readOnly }) => !readOnly);
  assert.deepEqual(
    writable.map((/** @type {Rendered} */ { mountPath }) => mountPath),
    ['/app/data', '/tmp'],
  );
});

test('secrets come from files and stand in no variable', async () => {
  const rendered = await objects(DATABASE);
  const environment = environmentOf(rendered);
  assert.equal(environment.HISTORY_DB_URL_FILE, '/run/secrets/chat/HISTORY_DB_URL');
  assert.equal('HISTORY_DB_URL' in environment, false);
  assert.equal(JSON.stringify(rendered.Deployment).includes('postgresql://'), false);
  const existing = await objects({ secrets: { existingSecret: 'mine' } });
  assert.equal(existing.Secret, undefined);
  assert.ok(environmentOf(existing).API_KEYS_FILE);
});

test('the schemas find a field that Kubernetes does not know', async () => {
  const { Deployment } = await objects(DATABASE);
  Deployment.spec.template.spec.containers[0].readonly = true;
  for (const version of KUBERNETES) assert.throws(() => takes(version, Deployment), /readonly/);
});

test('pods scale by the answers that run, where that is switched on', async () => {
  assert.equal((await objects(DATABASE)).HorizontalPodAutoscaler, undefined);
  const rendered = await objects({ ...DATABASE, autoscaling: { enabled: true, target: 40 } });
  const [{ pods }] = rendered.HorizontalPodAutoscaler.spec.metrics;
  assert.equal(pods.metric.name, 'chat_generations_running');
  assert.equal(pods.target.averageValue, '40');
  // The autoscaler's number is not undone by the next `helm upgrade`.
  assert.equal('replicas' in rendered.Deployment.spec, false);
});

test('one pod at a time goes, and the metrics are reached by whom the policy names', async () => {
  const monitoring = [{ podSelector: { matchLabels: { app: 'prometheus' } } }];
  const rendered = await objects({ ...DATABASE, networkPolicy: { metricsFrom: monitoring } });
  assert.equal(rendered.PodDisruptionBudget.spec.maxUnavailable, 1);
  const [api, metrics] = rendered.NetworkPolicy.spec.ingress;
  assert.equal(api.ports[0].port, 'http');
  assert.deepEqual(metrics, { ports: [{ port: 'metrics', protocol: 'TCP' }], from: monitoring });
});

/** @type {Record<string, [object, RegExp]>} */
const REFUSED = {
  'a name that is none': [{ replicas: 3 }, /replicas/],
  'a number as text': [{ replicaCount: 'three' }, /replicaCount/],
  'a variable in small letters': [{ settings: { log_level: 'DEBUG' } }, /log_level/],
  'a setting that the chart makes': [
    { ...DATABASE, settings: { SHUTDOWN_DRAIN: '5' } },
    /set by the chart/,
  ],
  'several pods without a database': [
    { replicaCount: 2, settings: { HISTORY_STORAGE_TYPE: 'memory' } },
    /PostgreSQL or MongoDB/,
  ],
  'several pods with SQLite': [{ replicaCount: 2 }, /PostgreSQL or MongoDB/],
  'several pods with one disk': [{ ...DATABASE, persistence: { enabled: true } }, /one pod/],
};
for (const [what, [values, reason]] of Object.entries(REFUSED))
  test(`${what} is refused`, () => assert.rejects(render(fileOf(values)), reason));
