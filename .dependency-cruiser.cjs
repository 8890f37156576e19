// The import arrows of docs/architecture.md, checked by `npm run check`. A folder directly under src/ is a module.
const { existsSync, readdirSync } = require('node:fs');
const { join } = require('node:path');

/** What a module may import besides itself, the root files and what is open to everybody. */
const arrows = {
  config: [],
  database: [],
  workspaces: [],
  'event-bus': [],
  http: [],
  metrics: [],
  redis: [],
  jobs: [],
  webhooks: ['event-bus'],
  deliveries: ['webhooks', 'event-bus', 'jobs'],
  automations: ['deliveries', 'webhooks', 'event-bus', 'jobs'],
  health: ['automations', 'deliveries', 'webhooks', 'event-bus', 'jobs'],
  startup: ['health', 'automations', 'deliveries', 'webhooks', 'event-bus', 'jobs'],
};
const openToEverybody = {
  config: [],
  database: ['config'],
  metrics: ['config'],
  redis: ['config'],
  default: ['config', 'database', 'metrics', 'redis', 'workspaces'],
};

/** The HTTP edge of a module; only these files may import src/http. */
const edge = '\\.(controller|module|dto)\\.ts$';
const layers =
  'controller|module|service|repository|entity|dto|guard|filter|interceptor|pipe|decorators?|processor|subscriber|provider';
const frameworks =
  '(^|/)node_modules/(@nestjs|typeorm|bull|ioredis|rate-limiter-flexible|prom-client|pg|pg-query-stream|fastify|@fastify)/';

const modules = foldersIn('src');

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment:
        'Two files that import each other cannot be understood, tested or loaded one at a time.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'through-the-face',
      comment: 'Another module is reached through its index.ts.',
      severity: 'error',
      from: { path: '^src/([^/]+)/' },
      to: { path: '^src/[^/]+/', pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$'] },
    },
    {
      name: 'through-the-face-from-the-root',
      comment: "The root files too; src/entities.ts, TypeORM's list, is the one exception.",
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$', pathNot: '^src/entities\\.ts$' },
      to: { path: '^src/[^/]+/', pathNot: '^src/[^/]+/index\\.ts$' },
    },
    ...innerFaces().map((folder) => ({
      name: `through-the-face-of-${folder.slice('src/'.length).replaceAll('/', '-')}`,
      comment: `${folder} has an index.ts: from outside it is reached through that.`,
      severity: 'error',
      from: { path: '^src/', pathNot: `^${folder}/` },
      to: { path: `^${folder}/.`, pathNot: `^${folder}/index\\.ts$` },
    })),
    ...modules.map((module) => ({
      name: `arrows-from-${module}`,
      comment: 'Imports point one way: automations → deliveries → webhooks → event-bus.',
      severity: 'error',
      from: { path: `^src/${module}/` },
      to: { path: '^src/[^/]+/', pathNot: `^src/(${reachableFrom(module).join('|')})/` },
    })),
    {
      name: 'http-from-the-edge-only',
      comment:
        'Services and rules know nothing of HTTP; only controllers, their DTOs and Nest modules do.',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: ['^src/(http|startup)/', edge] },
      to: { path: '^src/http/' },
    },
    {
      name: 'no-suffix-is-pure',
      comment:
        'A file without a layer suffix runs without Nest, a database and a queue. Name the layer, or move the import.',
      severity: 'error',
      from: {
        path: '^src/[^/]+/',
        pathNot: ['^src/(config|database|http|startup)/', '/index\\.ts$', `\\.(${layers})\\.ts$`],
      },
      to: { path: frameworks },
    },
    {
      name: 'no-tests-in-the-product',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: ['^test/', '\\.spec\\.ts$'] },
    },
    {
      name: 'languages-in-the-threads-only',
      comment:
        'What people wrote is compiled and evaluated in worker threads (docs/adr/0013): nothing else may even load it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/automations/(condition|template|evaluation)/' },
      to: {
        path: '^src/automations/(condition|template)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'threads-are-entered-by-messages',
      comment:
        'The pool lives in the server, the evaluator in its threads: neither imports the other.',
      severity: 'error',
      from: { path: '^src/automations/evaluation/(evaluation\\.service|pool|thread|index)\\.ts$' },
      to: {
        path: '^src/automations/evaluation/(evaluat(e|or|ion-thread)|editor-help|template-cache)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-dev-packages-in-the-product',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Specs and their fixtures may look inside, and use test/support.
    exclude: { path: '(\\.(spec|fixture)\\.ts$|^dist)' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Types count too: an arrow that only carries types is an arrow.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};

function reachableFrom(module) {
  const open = openToEverybody[module] ?? openToEverybody.default;
  // src/http has a rule of its own.
  return [module, 'http', ...open, ...(arrows[module] ?? [])];
}

function foldersIn(folder) {
  return readdirSync(join(__dirname, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

/** Folders inside a module that have a face of their own. */
function innerFaces() {
  const below = (folder) =>
    foldersIn(folder).flatMap((name) => [`${folder}/${name}`, ...below(`${folder}/${name}`)]);
  return modules
    .flatMap((module) => below(`src/${module}`))
    .filter((folder) => existsSync(join(__dirname, folder, 'index.ts')));
}
