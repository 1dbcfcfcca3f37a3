// The compiled program of rule files, or of SecLang files that are imported first.
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileProgram } from '../../dist/compiler/compile.js';
import { checkRuleSet, placeholderSecrets } from '../../dist/control/rule-set.js';
import { SHIPPED_RULES_DIRECTORY, loadRuleSources } from '../../dist/control/rule-sources.js';

const WARD = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** Rules of `rules` and `seclang`, by default the shipped ones, in a mode. `directory` receives what is imported. */
export async function programOf({ rules, seclang }, directory, mode = 'enforce') {
  const paths = rules.map((path) => resolve(path));
  if (seclang.length > 0) {
    execFileSync(process.execPath, [WARD, 'import', 'seclang', ...seclang, '-o', directory, '--force']);
    paths.push(directory);
  }
  const sources = await loadRuleSources({
    paths: paths.length === 0 ? [SHIPPED_RULES_DIRECTORY] : paths,
    workingDirectory: process.cwd(),
  });
  const today = new Date().toISOString().slice(0, 10);
  const policy = checkRuleSet(sources, { profile: undefined, today }).demand();
  const inMode = { ...policy, settings: { ...policy.settings, mode } };
  return compileProgram(inMode, { secrets: placeholderSecrets(policy) }).program;
}
