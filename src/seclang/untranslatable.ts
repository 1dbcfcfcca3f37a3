/** Says why a rule cannot be carried; caught where rules are translated, and reported. */
import type { SecLangCode } from './codes.ts';

export class Untranslatable extends Error {
  readonly code: SecLangCode;

  constructor(reason: string, code: SecLangCode = 'S016') {
    super(reason);
    this.code = code;
  }
}
