/**
 * Carries out reloads and remembers how the last one went. One runs at a time; those asked for meanwhile become one
 * more. Whatever fails, the program in force stays in force.
 */
import type { Clock } from '../core/clock.ts';
import { checkRuleSet, demandProviders, demandSecrets } from '../control/rule-set.ts';
import type { CheckRequest } from '../control/rule-set.ts';
import type { RuleSources } from '../control/rule-sources.ts';
import type { FieldProvider } from '../http/schema.ts';
import type { Log } from '../telemetry/log.ts';
import { logCloseDates } from './date-log.ts';
import { logFaultRules } from './fault-log.ts';
import type { Supervisor } from './supervisor.ts';

export type ReloadCause = 'files' | 'refresh' | 'signal';

export interface ReloaderOptions {
  readonly supervisor: Supervisor;
  readonly log: Log;
  readonly clock: Clock;
  readonly check: Omit<CheckRequest, 'today'>;
  readonly secrets: ReadonlyMap<string, string>;
  /** Issuers of tokens are configured, so that rules may read `jwt.*`. */
  readonly provided: ReadonlySet<FieldProvider>;
  readonly faultsEnabled: boolean;
  /** Those in force at the start. */
  readonly sources: RuleSources;
  load(previous: RuleSources): Promise<RuleSources>;
  today(): string;
}

export class Reloader {
  readonly #options: ReloaderOptions;
  #sources: RuleSources;
  #running = false;
  #again: ReloadCause | undefined;
  #loadedAtMs: number;
  #lastAttemptAtMs: number | undefined;
  #error: string | undefined;
  #count = 0;
  /** Told the new sources after each swap. */
  onSwapped: (sources: RuleSources) => Promise<void> = () => Promise.resolve();

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#sources = options.sources;
    this.#loadedAtMs = options.clock.now();
  }

  /** Never rejects. */
  async reload(cause: ReloadCause): Promise<void> {
    if (this.#running) {
      this.#again = cause;
      return;
    }
    this.#running = true;
    for (let next: ReloadCause | undefined = cause; next !== undefined; next = this.#again) {
      this.#again = undefined;
      await this.#attempt(next);
    }
    this.#running = false;
  }

  /** For /status and /readyz. */
  status(): Record<string, unknown> {
    const time = (ms: number | undefined): string | undefined =>
      ms === undefined ? undefined : new Date(ms).toISOString();
    return {
      program: {
        version: this.#options.supervisor.version,
        loaded_at: time(this.#loadedAtMs),
        files: this.#sources.files.map((file) => file.path),
      },
      reload: { count: this.#count, last_attempt_at: time(this.#lastAttemptAtMs), error: this.#error },
    };
  }

  async #attempt(cause: ReloadCause): Promise<void> {
    const { supervisor, log, clock, check } = this.#options;
    this.#lastAttemptAtMs = clock.now();
    const began = clock.monotonic();
    try {
      const today = this.#options.today();
      const sources = await this.#options.load(this.#sources);
      if (isSame(sources, this.#sources) && cause !== 'signal') {
        this.#error = undefined; // a mistake was taken back: the files are those in force again
        return;
      }
      const checked = checkRuleSet(sources, { ...check, today });
      logCloseDates(log, checked);
      const policy = checked.demand();
      demandSecrets(policy, this.#options.secrets);
      demandProviders(policy, this.#options.provided);
      const result = await supervisor.reload(sources, today);
      if (result.kind === 'kept') throw new Error(result.message);
      this.#sources = sources;
      this.#loadedAtMs = clock.now();
      this.#error = undefined;
      this.#count++;
      const durationMs = Math.round(clock.monotonic() - began);
      const fields = { event: 'rules.loaded', cause, program: result.version, duration_ms: durationMs };
      log.info(
        { ...fields, lists_kept: sources.kept.length > 0 ? sources.kept : undefined },
        'new rules in force',
      );
      logNotices(log, sources);
      logFaultRules(log, policy, this.#options.faultsEnabled);
      await this.onSwapped(sources);
    } catch (error) {
      this.#error = error instanceof Error ? error.message : String(error);
      const message = 'the rules were not changed: the program in force stays';
      log.error({ event: 'rules.reload_failed', cause, error: this.#error }, message);
    }
  }
}

/** What rules of ModSecurity lost on the way, told whenever they come into force. */
export function logNotices(log: Log, { secLang }: RuleSources): void {
  for (const notice of secLang?.notices ?? []) {
    log.warn({ event: 'rules.seclang', notice }, 'a rule of SecLang is not in force');
  }
}

/** Same bytes: an editor that touches a file, or a list that did not change, costs no compilation. */
function isSame(one: RuleSources, other: RuleSources): boolean {
  return contentOf(one) === contentOf(other);
}

function contentOf({ files, lists, stale }: RuleSources): string {
  return JSON.stringify([files, [...lists].map(([path, list]) => [path, list.lines]), stale]);
}
