/** Says why a rule cannot be carried; caught where rules are translated, and reported. */
export class Untranslatable extends Error {}
