/** Fetches the values that must not stand in a configuration file. They are never printed and never logged. */
import { readFileSync } from 'node:fs';
import { SECRET_BYTES_MAX } from '../core/limits.ts';
import type { SecretSource } from './setting-reader.ts';
import { ConfigError } from './problem.ts';
import type { ConfigProblem } from './problem.ts';

/**
 * The value of each secret, by name. One line feed at the end of a file is not part of the value.
 * @throws ConfigError naming every secret that is missing or empty, without its value
 */
export function resolveSecrets(
  sources: Readonly<Record<string, SecretSource>>,
  environment: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const problems: ConfigProblem[] = [];
  for (const [name, source] of Object.entries(sources)) {
    const value = 'env' in source ? environment[source.env] : readSecretFile(source.file);
    if (value === undefined || value === '') problems.push(missing(name, source));
    else if (value.length > SECRET_BYTES_MAX) {
      const message = `is longer than ${SECRET_BYTES_MAX} bytes`;
      problems.push({ where: `secrets.${name}`, message, hint: undefined });
    } else values.set(name, value);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values;
}

function readSecretFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}

function missing(name: string, source: SecretSource): ConfigProblem {
  const place = 'env' in source ? `environment variable ${source.env}` : `file ${source.file}`;
  return {
    where: `secrets.${name}`,
    message: `${place} is missing or empty`,
    hint: 'a secret without a value would let everything through that compares with it',
  };
}
