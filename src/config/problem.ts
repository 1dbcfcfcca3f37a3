/** What is wrong with a configuration, for the operator who wrote it: where, what, and what to do about it. */
import { distance } from 'fastest-levenshtein';
import { SidecarError } from '../core/errors.ts';

export interface ConfigProblem {
  /** `ward.yaml:3:5`, `WARD_LISTEN`, `--listen`. */
  readonly where: string;
  readonly message: string;
  readonly hint: string | undefined;
}

/** A configuration that must not be used. `problems` has at least one entry. */
export class ConfigError extends SidecarError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super('W_CONFIG_INVALID', problems.map(formatProblem).join('\n'), { source: 'configuration' });
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** `ward.yaml:3:5: unknown key "lisen" (did you mean "listen"?)` */
function formatProblem(problem: ConfigProblem): string {
  const cure = problem.hint === undefined ? '' : ` (${problem.hint})`;
  return `${problem.where}: ${problem.message}${cure}`;
}

/** `did you mean "listen"?` for a name close enough to be a slip: at most a third of its letters differ. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const candidateDistance = distance(name, candidate);
    if (candidateDistance < bestDistance) [best, bestDistance] = [candidate, candidateDistance];
  }
  return best === undefined ? undefined : `did you mean "${best}"?`;
}
