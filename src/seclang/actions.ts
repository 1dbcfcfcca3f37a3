/** The third word of a SecRule: actions, separated by commas, with values in single quotes. */
import type { Action } from './ast.ts';
import { DirectiveMistake } from './problem.ts';

/** Every action of ModSecurity 2 and 3. */
const KNOWN_ACTIONS = new Set(
  `accuracy allow append auditlog block capture chain ctl deny deprecatevar drop exec expirevar id initcol log logdata maturity
  msg multimatch noauditlog nolog pass pause phase prepend proxy redirect rev sanitisearg sanitisematched sanitisematchedbytes
  sanitiserequestheader sanitiseresponseheader sanitizearg sanitizematched sanitizematchedbytes sanitizerequestheader
  sanitizeresponseheader setenv setrsc setsid setuid setvar severity skip skipafter status t tag ver xmlns`.split(
    /\s+/,
  ),
);

/** Splits and unquotes. @throws DirectiveMistake for an unknown action. O(length). */
export function parseActions(text: string): readonly Action[] {
  return splitActions(text).map(parseAction);
}

function splitActions(text: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === "'") quoted = !quoted;
    else if (char === ',' && !quoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  if (quoted) throw new DirectiveMistake('S001', 'a quote in the actions is not closed');
  parts.push(text.slice(start));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function parseAction(text: string): Action {
  const colon = text.indexOf(':');
  const name = (colon < 0 ? text : text.slice(0, colon)).trim().toLowerCase();
  if (!KNOWN_ACTIONS.has(name)) throw new DirectiveMistake('S007', `unknown action ${name}`);
  const value = colon < 0 ? '' : text.slice(colon + 1).trim();
  const inQuotes = value.length > 1 && value.startsWith("'") && value.endsWith("'");
  return { name, value: (inQuotes ? value.slice(1, -1) : value).replaceAll("\\'", "'") };
}

/** Values of all actions of a name, in order. */
export function valuesOf(actions: readonly Action[], name: string): readonly string[] {
  return actions.filter((action) => action.name === name).map((action) => action.value);
}

/** Value of the last action of a name, which is the one in force. */
export function valueOf(actions: readonly Action[], name: string): string | undefined {
  return valuesOf(actions, name).at(-1);
}
