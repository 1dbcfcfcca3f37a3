// The import table of docs/hacking.md, enforced. A folder may import `core` and what its row names; nothing else.
const may = {
  core: [],
  detect: [],
  http: ['detect'],
  matcher: [],
  telemetry: [],
  limiter: [],
  config: [],
  identity: ['http'],
  dsl: ['http'],
  seclang: ['dsl', 'http'],
  engine: ['http', 'matcher', 'limiter'],
  compiler: ['dsl', 'engine', 'http', 'limiter', 'matcher'],
  proxy: ['engine', 'http', 'identity', 'limiter', 'telemetry'],
  control: ['compiler', 'dsl', 'engine', 'http', 'limiter', 'seclang', 'config', 'telemetry'],
  cli: ['control', 'compiler', 'dsl', 'engine', 'http', 'limiter', 'seclang', 'config', 'telemetry', 'app'],
  app: [
    'control',
    'compiler',
    'dsl',
    'engine',
    'http',
    'limiter',
    'config',
    'telemetry',
    'proxy',
    'matcher',
    'identity',
  ],
};
const vendors = {
  'uWebSockets\\.js': ['proxy'],
  re2: ['matcher'],
  undici: ['proxy'],
  jose: ['identity'],
  ioredis: ['limiter'],
  pino: ['telemetry'],
  'prom-client': ['telemetry'],
  '@peculiar/asn1-[a-z0-9]+': ['identity'],
  yaml: ['config'],
  commander: ['cli'],
};

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ...Object.entries(may).map(([room, allowed]) => ({
      name: `imports-of-${room}`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(${[room, 'core', ...allowed].join('|')})/` },
    })),
    ...Object.entries(vendors).map(([vendor, rooms]) => ({
      name: `vendor-${vendor.replace(/\W/g, '')}`,
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(${rooms.join('|')})/` },
      to: { path: `^node_modules/${vendor}(/|$)` },
    })),
    {
      name: 'files-are-read-at-the-edge',
      comment: 'The hot path and the language never touch the file system.',
      severity: 'error',
      from: { path: '^src/(core|http|matcher|dsl|engine|compiler|proxy)/' },
      to: { path: '^(node:)?fs(/promises)?$' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node'] },
  },
};
