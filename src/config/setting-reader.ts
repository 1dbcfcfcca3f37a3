/** How the parts of the configuration get at the settings they are made of. */
import type { Setting } from './setting.ts';

/** Where a value that is not in the file is found. */
export type SecretSource = { readonly env: string } | { readonly file: string };

/** Paths in the file are relative to the file, those of flags and environment to the working directory. */
export type PathResolver = (path: string, settingPath: string) => string;

/** Reads valid settings by dotted path. */
export interface SettingReader {
  get<T extends Setting | undefined>(path: string): T;
  ms(path: string): number;
  pathAt(path: string): string | undefined;
  readonly resolvePath: PathResolver;
  secret(path: string): SecretSource | undefined;
}
