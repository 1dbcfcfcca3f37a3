// An engine of the compiled program: rules from files, enforced, at one paranoia level.
import { resolve } from 'node:path';
import { policyAsEnforced } from '../../dist/control/example-runner.js';
import { SHIPPED_RULES_DIRECTORY, loadRuleSources } from '../../dist/control/rule-sources.js';
import { checkRuleSet, compilePolicyForTests } from '../../dist/control/rule-set.js';

/** The setting of a policy; the checker switches rules on and off by it, so it is replaced in the text. */
const PARANOIA = /^(\s*paranoia\s+)\d\b.*$/m;

/** `paths`: rule files, directories or globs; none means the shipped rules. */
export async function engineOf(paths, level) {
  const sources = await loadRuleSources({
    paths: paths.length === 0 ? [SHIPPED_RULES_DIRECTORY] : paths.map((path) => resolve(path)),
    workingDirectory: process.cwd(),
  });
  const files = sources.files.map((file) => ({
    ...file,
    text: level === undefined ? file.text : file.text.replace(PARANOIA, `$1${level}`),
  }));
  const today = new Date().toISOString().slice(0, 10);
  const policy = checkRuleSet({ ...sources, files }, { profile: undefined, today }).demand();
  if (level !== undefined && policy.settings.paranoia !== level)
    throw new Error(`the policy has no line \`paranoia N\` to replace by ${level}`);
  return compilePolicyForTests(policyAsEnforced(policy));
}
