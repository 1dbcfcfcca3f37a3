/**
 * Real worker threads that run the sources. Older Node versions run no TypeScript, so the files a thread needs are
 * compiled, each for itself, into a temporary folder, and the thread's own few lines are put beside them.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import ts from 'typescript';

const SOURCE = fileURLToPath(new URL('../../src/', import.meta.url));

export class ThreadFolder {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ward-threads-'));
  readonly #compiled = new Set<string>();
  #scripts = 0;

  constructor() {
    writeFileSync(join(this.#folder, 'package.json'), '{"type":"module"}');
  }

  /**
   * Starts a thread. In `script`, JavaScript, `import … from 'src:limiter/key-hash.ts'` names a source file; it gets
   * `data` as its workerData.
   */
  start(script: string, data: unknown): Worker {
    const resolved = script.replaceAll(/'src:([\w./-]+)'/g, (_, file: string) => `'${this.#compile(file)}'`);
    const path = join(this.#folder, `thread-${this.#scripts++}.js`);
    writeFileSync(path, resolved);
    return new Worker(pathToFileURL(path), { workerData: data });
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** Compiles a file and what it imports; returns its place relative to the folder. */
  #compile(file: string): string {
    const place = `./${file.replace(/\.ts$/, '.js')}`;
    if (this.#compiled.has(file)) return place;
    this.#compiled.add(file);
    const source = readFileSync(join(SOURCE, file), 'utf8');
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        rewriteRelativeImportExtensions: true,
        verbatimModuleSyntax: true,
      },
    });
    const path = join(this.#folder, place);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, outputText);
    for (const [, imported] of outputText.matchAll(/from ["'](\.[^"']+)\.js["']/g)) {
      this.#compile(relative(SOURCE, join(SOURCE, dirname(file), `${imported}.ts`)));
    }
    return place;
  }
}

/** The value the thread posts; rejects when it fails or ends without one. */
export function answerOf(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread ended without an answer')));
  });
}
