/**
 * Notices that rules or lists changed: the file system says so, or a list's `refresh` has passed. Editors write in
 * several steps, so a change is told once the files were quiet for a moment.
 */
import { dirname } from 'node:path';
import { watch } from 'chokidar';
import type { FSWatcher } from 'chokidar';
import { RELOAD_DEBOUNCE_MS } from '../core/limits.ts';
import type { RuleSources } from './rule-sources.ts';

/** setTimeout fires at once beyond this (2^31 - 1 ms, about 24 days). */
const TIMER_MS_MAX = 2_147_483_647;

export class RuleWatcher {
  readonly #onChange: (why: 'files' | 'refresh') => void;
  #watcher: FSWatcher | undefined;
  #known: ReadonlySet<string> = new Set();
  #hasSecLang = false;
  #quiet: NodeJS.Timeout | undefined;
  #refresh: NodeJS.Timeout | undefined;

  constructor(onChange: (why: 'files' | 'refresh') => void) {
    this.#onChange = onChange;
  }

  /**
   * Watches the directories of these sources from now on, instead of those before. Directories and not files: editors
   * replace files, and a new file may fit a glob.
   */
  async follow(sources: RuleSources, watchFiles: boolean): Promise<void> {
    this.#followRefresh(sources);
    if (!watchFiles) return;
    const paths = [
      ...[...sources.files, ...sources.lists.values()].map((file) => file.absolutePath),
      ...(sources.secLang?.read ?? []),
    ];
    this.#hasSecLang = sources.secLang !== undefined;
    this.#known = new Set(paths);
    const directories = [...new Set(paths.map((path) => dirname(path)))];
    if (this.#watcher !== undefined) {
      this.#watcher.add(directories);
      return;
    }
    this.#watcher = watch(directories, { depth: 0, ignoreInitial: true, persistent: true });
    this.#watcher.on('all', (_event, path) => {
      const isRules = path.endsWith('.ward') || (this.#hasSecLang && path.endsWith('.conf'));
      if (isRules || this.#known.has(path)) this.#changed();
    });
    await new Promise<void>((resolve) => this.#watcher?.once('ready', resolve));
  }

  async close(): Promise<void> {
    clearTimeout(this.#quiet);
    clearTimeout(this.#refresh);
    await this.#watcher?.close();
  }

  #changed(): void {
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#onChange('files'), RELOAD_DEBOUNCE_MS);
  }

  #followRefresh(sources: RuleSources): void {
    clearTimeout(this.#refresh);
    const intervals = [...sources.lists.values()].map((list) => list.refreshMs ?? Infinity);
    const shortest = Math.min(Infinity, ...intervals);
    if (shortest === Infinity) return;
    this.#refresh = setTimeout(() => this.#onChange('refresh'), Math.min(shortest, TIMER_MS_MAX));
    this.#refresh.unref();
  }
}
