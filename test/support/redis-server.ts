/**
 * Real redis-server processes for tests: on a free loopback port, in a directory of their own, ended by process id. Also a
 * Sentinel group and a Cluster of masters.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from './until.ts';

const run = promisify(execFile);
const HOST = '127.0.0.1';
const START_MS = 10_000;

export interface RedisServerWish {
  /** Lines for redis.conf, or sentinel.conf. */
  readonly config?: readonly string[];
  /** Keeps to this port; any free one by default. */
  readonly port?: number;
  /** `sentinel` runs a sentinel with nothing but `config`. */
  readonly kind?: 'server' | 'sentinel';
  /** What redis-cli needs to get in: `['--user', 'x', '--pass', 'y']`. */
  readonly cli?: readonly string[];
  /** Listens with TLS only. */
  readonly tls?: RedisTlsWish;
}

/** PEM texts; `clients`: only those with a certificate of `ca` may connect. */
export interface RedisTlsWish {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly clients?: boolean;
}

/** None outlives the tests that started it, however they end. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
process.once('SIGTERM', () => process.exit()); // how vitest ends a fork; without a listener 'exit' would not come

/** One process. `stop` for a clean end, `kill` for a crash, `restart` to come back on the same port without its data. */
export class RedisServer {
  readonly host = HOST;
  readonly port: number;
  readonly #directory: string;
  readonly #wish: RedisServerWish;
  #process: ChildProcess | undefined;

  private constructor(port: number, wish: RedisServerWish) {
    this.port = port;
    this.#wish = wish;
    this.#directory = mkdtempSync(join(tmpdir(), 'ward-redis-'));
  }

  static async start(wish: RedisServerWish = {}): Promise<RedisServer> {
    const server = new RedisServer(wish.port ?? (await freePort()), wish);
    await server.restart();
    return server;
  }

  get url(): string {
    return `redis://${HOST}:${this.port}`;
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('redis-server does not run');
    return pid;
  }

  /** Starts the process, after ending the one that runs, and waits until it takes connections. */
  async restart(): Promise<void> {
    await this.kill();
    const sentinel = this.#wish.kind === 'sentinel';
    const own = [
      'bind 127.0.0.1',
      `dir ${this.#directory}`,
      'daemonize no',
      `logfile ${join(this.#directory, 'log')}`,
    ];
    const port = this.#wish.tls === undefined ? [`port ${this.port}`] : this.#tlsConfig(this.#wish.tls);
    const memory = sentinel ? [] : ['save ""', 'appendonly no'];
    const file = join(this.#directory, 'redis.conf');
    writeFileSync(file, [...own, ...port, ...memory, ...(this.#wish.config ?? []), ''].join('\n'));
    this.#process = spawn('redis-server', sentinel ? [file, '--sentinel'] : [file], { stdio: 'ignore' });
    running.add(this.#process);
    await until(() => {
      if (typeof this.#process?.exitCode === 'number')
        throw new Error(`redis-server ended, see its log in ${this.#directory}`);
      return accepts(this.port);
    }, `redis-server on port ${this.port}`);
  }

  /** Answers of redis-cli, one line for each element of a reply. */
  async command(...args: string[]): Promise<string> {
    const login = [...(this.#wish.cli ?? []), ...this.#tlsArguments()];
    const { stdout } = await run('redis-cli', ['-h', HOST, '-p', String(this.port), ...login, ...args], {
      timeout: START_MS,
    });
    return stdout.trimEnd();
  }

  #tlsConfig(tls: RedisTlsWish): readonly string[] {
    for (const part of ['ca', 'cert', 'key'] as const) writeFileSync(join(this.#directory, part), tls[part]);
    return [
      'port 0',
      `tls-port ${this.port}`,
      `tls-ca-cert-file ${join(this.#directory, 'ca')}`,
      `tls-cert-file ${join(this.#directory, 'cert')}`,
      `tls-key-file ${join(this.#directory, 'key')}`,
      `tls-auth-clients ${tls.clients === true ? 'yes' : 'no'}`,
    ];
  }

  #tlsArguments(): readonly string[] {
    if (this.#wish.tls === undefined) return [];
    const at = (part: string): string => join(this.#directory, part);
    return ['--tls', '--cacert', at('ca'), '--cert', at('cert'), '--key', at('key')];
  }

  /** The process stands still but keeps its connections: a machine that froze or a network that swallows. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Ends it without notice; connections break. Does nothing if it does not run. */
  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    running.delete(child);
  }

  /** Ends it and removes its directory. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** A master, one replica and three sentinels that agree on a failover within two seconds. */
export class SentinelGroup {
  readonly name = 'main';
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly RedisServer[];

  private constructor(servers: readonly RedisServer[], sentinels: readonly RedisServer[]) {
    this.servers = servers;
    this.sentinels = sentinels;
  }

  static async start(): Promise<SentinelGroup> {
    const master = await RedisServer.start();
    const replica = await RedisServer.start({ config: [`replicaof ${HOST} ${master.port}`] });
    const config = [
      `sentinel monitor main ${HOST} ${master.port} 2`,
      'sentinel down-after-milliseconds main 500',
      'sentinel failover-timeout main 2000',
    ];
    const sentinels: RedisServer[] = [];
    for (let i = 0; i < 3; i++) sentinels.push(await RedisServer.start({ kind: 'sentinel', config }));
    const group = new SentinelGroup([master, replica], sentinels);
    await until(
      async () => (await replica.command('info', 'replication')).includes('master_link_status:up'),
      'replica',
    );
    for (const sentinel of sentinels) {
      await until(async () => {
        const known = await sentinel.command('sentinel', 'master', 'main');
        return /num-slaves\n1\nnum-other-sentinels\n2/.test(known);
      }, 'sentinels that know each other');
    }
    return group;
  }

  /** `redis+sentinel://…` with all sentinels. */
  get url(): string {
    return `redis+sentinel://${this.sentinels.map(({ port }) => `${HOST}:${port}`).join()}/${this.name}`;
  }

  async masterPort(): Promise<number> {
    const address = await this.sentinels[0]?.command('sentinel', 'get-master-addr-by-name', this.name);
    return Number(address?.split('\n')[1]);
  }

  async stop(): Promise<void> {
    for (const server of [...this.sentinels, ...this.servers]) await server.stop();
  }
}

/** Three masters that share the slots, without replicas. */
export class RedisCluster {
  readonly nodes: readonly RedisServer[];

  private constructor(nodes: readonly RedisServer[]) {
    this.nodes = nodes;
  }

  static async start(): Promise<RedisCluster> {
    const config = ['cluster-enabled yes', 'cluster-node-timeout 2000', 'cluster-require-full-coverage no'];
    const nodes: RedisServer[] = [];
    for (let i = 0; i < 3; i++) nodes.push(await RedisServer.start({ config, port: await freePort() }));
    const addresses = nodes.map(({ port }) => `${HOST}:${port}`);
    await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-replicas', '0', '--cluster-yes']);
    for (const node of nodes) {
      await until(
        async () =>
          /cluster_state:ok[\s\S]*cluster_slots_ok:16384[\s\S]*cluster_known_nodes:3/.test(
            await node.command('cluster', 'info'),
          ),
        'cluster',
      );
    }
    return new RedisCluster(nodes);
  }

  /** `redis+cluster://…` with all nodes. */
  get url(): string {
    return `redis+cluster://${this.nodes.map(({ port }) => `${HOST}:${port}`).join()}`;
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await node.stop();
  }
}

/**
 * A port nobody listens on at this moment. Outgoing connections get theirs from 32,768 on (Linux, `ip_local_port_range`),
 * so that none takes this one before it is listened on; and a node of a Cluster has room for its second one, 10,000 above.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 12_000);
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: HOST, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
