/** The values a head holds, in order of arrival: for the dispatcher, and for blocks that read a head selection whole. */
import { LEAF, ORIGIN } from '../http/value.ts';
import type { MaybeValue } from '../http/value.ts';
import { scopesOf, visitClaims } from './claims.ts';
import type { ClientCertificate } from '../http/tls-facts.ts';
import type { EvaluationContext } from './evaluation-context.ts';
import { typedLeaf } from './leaf-values.ts';
import { FACET } from './program.ts';
import type { NameFilter } from './program.ts';

export type HeadVisitor = (origin: number, name: string, path: string, text: string, leaf: number) => void;

/** Origins of the lists of the client's certificate (bits). */
export const CERTIFICATE_ORIGINS =
  (1 << ORIGIN.certificate_name) | (1 << ORIGIN.certificate_usage) | (1 << ORIGIN.certificate_policy);

/** Origins whose values are known when the body begins. */
export const HEAD_ORIGINS =
  (1 << ORIGIN.header) |
  (1 << ORIGIN.cookie) |
  (1 << ORIGIN.query) |
  (1 << ORIGIN.claim) |
  (1 << ORIGIN.scope) |
  CERTIFICATE_ORIGINS;

/** Visits the values of the given origins (bits); linear in them. */
export function visitHead(evaluation: EvaluationContext, origins: number, visit: HeadVisitor): void {
  if ((origins & (1 << ORIGIN.header)) !== 0) visitLines(evaluation.head.fields, ORIGIN.header, visit);
  if ((origins & (1 << ORIGIN.cookie)) !== 0) visitLines(evaluation.cookies.pairs, ORIGIN.cookie, visit);
  if ((origins & (1 << ORIGIN.query)) !== 0) {
    for (const { name, value } of evaluation.query.pairs) visit(ORIGIN.query, name, name, value, LEAF.TEXT);
  }
  if ((origins & (1 << ORIGIN.claim)) !== 0 && evaluation.claims !== undefined) {
    visitClaims(evaluation.claims, (name, path, text, leaf) => visit(ORIGIN.claim, name, path, text, leaf));
  }
  if ((origins & (1 << ORIGIN.scope)) !== 0) {
    for (const scope of scopesOf(evaluation.claims)) visit(ORIGIN.scope, '', '', scope, LEAF.TEXT);
  }
  const certificate = evaluation.tls?.certificate;
  if ((origins & CERTIFICATE_ORIGINS) !== 0 && certificate !== undefined) {
    visitCertificate(certificate, origins, visit);
  }
  if ((origins & (1 << ORIGIN.response_header)) !== 0 && evaluation.response !== null) {
    visitLines(evaluation.response.fields, ORIGIN.response_header, visit);
  }
}

function visitCertificate(certificate: ClientCertificate, origins: number, visit: HeadVisitor): void {
  const { dnsNames, uris, emails, addresses, keyUsages, extendedKeyUsages, policies } = certificate;
  const visitAll = (origin: number, lists: readonly (readonly string[])[]): void => {
    if ((origins & (1 << origin)) === 0) return;
    for (const list of lists) for (const text of list) visit(origin, '', '', text, LEAF.TEXT);
  };
  visitAll(ORIGIN.certificate_name, [dnsNames, uris, emails, addresses]);
  visitAll(ORIGIN.certificate_usage, [keyUsages, extendedKeyUsages]);
  visitAll(ORIGIN.certificate_policy, [policies]);
}

function visitLines(lines: readonly string[], origin: number, visit: HeadVisitor): void {
  for (let i = 0; i + 1 < lines.length; i += 2) visit(origin, lines[i], lines[i], lines[i + 1], LEAF.TEXT);
}

/** Visits what a selection takes of the head. */
export function visitSelected(
  evaluation: EvaluationContext,
  origins: number,
  facets: number,
  filter: NameFilter,
  visit: (value: MaybeValue, origin: number, facet: number, name: string, path: string) => void,
): void {
  visitHead(evaluation, origins, (origin, name, path, text, leaf) => {
    for (const facet of [FACET.VALUE, FACET.NAME, FACET.PATH]) {
      if ((facets & (1 << facet)) === 0 || !filter(origin, facet, name, path)) continue;
      const value = leaf === LEAF.TEXT ? text : typedLeaf(leaf, text);
      visit(facet === FACET.VALUE ? value : facet === FACET.NAME ? name : path, origin, facet, name, path);
    }
  });
}
