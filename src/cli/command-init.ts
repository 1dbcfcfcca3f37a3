/**
 * `ward init`: a commented `ward.yaml` and a first policy. It asks nothing it can find out: the service's name and
 * port come from what the directory says about them.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { Command } from 'commander';
import { SHIPPED_RULES_DIRECTORY } from '../control/rule-sources.ts';
import { EXIT } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** What a directory tells of its service. */
export interface ServiceHints {
  readonly name: string;
  readonly port: number;
  /** Where the port was found. */
  readonly portSource: string;
}

const PORT_DEFAULT = 3000;
/** Ports that frameworks listen on unless told otherwise. */
const FRAMEWORK_PORTS: Readonly<Record<string, number>> = {
  vite: 5173,
  astro: 4321,
  '@angular/core': 4200,
  gatsby: 8000,
  strapi: 1337,
  '@adonisjs/core': 3333,
};

export function addInitCommand(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command('init')
    .summary('write ward.yaml and a first policy')
    .description('Writes ward.yaml and rules/policy.ward for the service in a directory.')
    .argument('[directory]', 'where the service lives', '.')
    .option('--upstream <url>', 'address of the service, instead of the one found')
    .option('--force', 'overwrite files that are there')
    .addHelpText(
      'after',
      '\nExamples:\n  ward init\n  ward init services/shop --upstream http://127.0.0.1:4000',
    )
    .action((directory: string, options: { upstream?: string; force?: boolean }) => {
      const hints = findHints(directory);
      const upstream = options.upstream ?? `http://127.0.0.1:${hints.port}`;
      const source = options.upstream === undefined ? hints.portSource : '--upstream';
      const files = new Map([
        [join(directory, 'ward.yaml'), configText(upstream, source)],
        [join(directory, 'rules/policy.ward'), policyText(hints.name, shippedRuleFiles())],
      ]);
      const existing = [...files.keys()].filter((path) => existsSync(path));
      if (existing.length > 0 && options.force !== true) {
        terminal.note(
          `${existing.join(' and ')} already there; nothing was written. \`--force\` overwrites.`,
        );
        return exit(EXIT.USAGE);
      }
      for (const [path, text] of files) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
        terminal.out(`${terminal.paint('green', 'wrote')} ${path}`);
      }
      const file = relative('.', join(directory, 'ward.yaml'));
      terminal.out(`The service is expected at ${upstream} (${source}).\nNext: ward run --config ${file}`);
      return exit(EXIT.OK);
    });
}

/** Looks at .env, package.json and Dockerfile, in this order; says what it was guided by. */
export function findHints(directory: string): ServiceHints {
  const manifest = readManifest(join(directory, 'package.json'));
  const name = safeName(manifest.name ?? basename(join(process.cwd(), directory)));
  const found =
    portIn(join(directory, '.env'), /^\s*(?:export\s+)?PORT\s*=\s*["']?(\d{2,5})\b/m) ??
    portOfScripts(manifest.scripts) ??
    portIn(join(directory, 'Dockerfile'), /^\s*EXPOSE\s+(\d{2,5})\b/im) ??
    portOfFramework(manifest.dependencies);
  return { name, ...(found ?? { port: PORT_DEFAULT, portSource: 'a guess: change it if it is wrong' }) };
}

interface Manifest {
  readonly name?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

type PortHint = Pick<ServiceHints, 'port' | 'portSource'> | undefined;

/** A broken or missing package.json tells nothing. */
function readManifest(path: string): Manifest {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

function portIn(path: string, pattern: RegExp): PortHint {
  if (!existsSync(path)) return undefined;
  const digits = pattern.exec(readFileSync(path, 'utf8'))?.[1];
  return digits === undefined
    ? undefined
    : { port: Number(digits), portSource: `found in ${basename(path)}` };
}

function portOfScripts(scripts: Manifest['scripts']): PortHint {
  for (const name of ['start', 'dev', 'serve']) {
    const script = scripts?.[name];
    const digits =
      typeof script === 'string' ? /(?:PORT=|--port[= ]|-p )(\d{2,5})\b/.exec(script)?.[1] : undefined;
    if (digits !== undefined) return { port: Number(digits), portSource: `found in the script "${name}"` };
  }
  return undefined;
}

function portOfFramework(dependencies: Manifest['dependencies']): PortHint {
  const framework = Object.keys(dependencies ?? {}).find((name) => Object.hasOwn(FRAMEWORK_PORTS, name));
  if (framework === undefined) return undefined;
  return { port: FRAMEWORK_PORTS[framework], portSource: `the usual port of ${framework}` };
}

/** A policy's name stands in quotes; whatever would end or escape them goes. */
function safeName(name: string): string {
  const safe = name.replace(/[^\w@/. -]/g, '').slice(0, 64);
  return safe === '' ? 'service' : safe;
}

/** Shipped files without a policy of their own: a rule set has one policy, and the service's is its own. */
function shippedRuleFiles(): readonly string[] {
  return readdirSync(SHIPPED_RULES_DIRECTORY)
    .filter((file) => file.endsWith('.ward'))
    .filter((file) => !/^policy\b/m.test(readFileSync(join(SHIPPED_RULES_DIRECTORY, file), 'utf8')))
    .sort();
}

function configText(upstream: string, source: string): string {
  return `# Configuration of Ward. Every setting: docs/reference/configuration.md, or \`ward config print\`.
# A flag of \`ward run\` or a variable WARD_… goes before what stands here.

# Where clients connect. ":8080" is every address of the machine.
listen: 127.0.0.1:8080

# The service behind Ward (${source}).
upstream:
  url: ${upstream}

# Rule files. They are watched: a correct change is swapped in between requests, a wrong one changes nothing.
rules:
  - rules/policy.ward

# Decide and log, but let everything through: a good first day. Remove it to enforce.
mode: monitor

# Host names of the service; requests for others are refused. Empty: any.
hosts: []

# Load balancers in front of Ward, whose x-forwarded-* fields are believed.
trusted_proxies: []

# Redis, when several replicas are to share one budget for limits and one list of bans.
# redis:
#   url: redis://127.0.0.1:6379
#   password: { env: REDIS_PASSWORD }

# Health, status and metrics, for the orchestrator: /healthz, /readyz, /status, /metrics.
admin:
  listen: 127.0.0.1:9901

logs:
  format: auto   # pretty on a terminal, JSON lines elsewhere
  access: false  # true: one line for each request that passed, too
`;
}

function policyText(name: string, files: readonly string[]): string {
  return `language 1

/// Policy of ${name}. \`ward check\` reads it, \`ward test\` runs its examples and scenarios.
policy "${name}" {
  mode       enforce
  default    allow
  on         engine_error -> block 503
  on         uninspectable request  -> block 415
  on         uninspectable response -> pass
  body       hold 256KiB, window 64KiB, max 32MiB -> block 413
  response   hold 64KiB, over -> scan
  score      critical = 5, error = 4, warning = 3, notice = 1
  threshold  request  >= 5 -> block 403
  threshold  response >= 4 -> block 502
  redact     request.headers["authorization"], args["password"], args["token"], request.cookies
}

// Rules that come with Ward. Leave out what does not concern the service.
${files.map((file) => `import "ward:${file}"`).join('\n')}

// How much one client may ask for. An IPv6 customer has a whole /64 and is counted as one.
limiter per_client {
  key    client.ip |> subnet(32, 64)
  allow  50 per 1s burst 500
  using  gcra
  then   block 429
}

rule service.request_budget "More requests than one client needs" {
  severity  warning
  then      limit per_client
}

scenario "a burst is served, a flood is not" {
  repeat 500 { send GET "/" expect pass }
  send GET "/" expect block 429 by service.request_budget
  advance 1s
  repeat 50 { send GET "/" expect pass }
}

// Rules of the service. This one refuses what nobody but an administrator should ask for:
//
// route admin = ANY "/admin/**"
// list office : Cidr = ["10.0.0.0/8"]
//
// rule service.admin_office "Admin from outside the office" {
//   on        admin
//   severity  critical
//   when      client.ip not in office
//   then      block 404
//   examples {
//     hit  GET "/admin/users" from "203.0.113.7"
//     miss GET "/admin/users" from "10.1.2.3"
//   }
// }
`;
}
