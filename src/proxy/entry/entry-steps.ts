/** The entry steps of one proxy, in the order they are asked: cheap ones and demands on the connection come first. */
import { type AuthorizerPort, AuthorizerStep, type AuthorizerStepOptions } from './authorizer-step.ts';
import { CertificateStep, type CertificateStepOptions, type ClientCertificates } from './certificate-step.ts';
import type { EntryStep, LastStep } from './entry-step.ts';
import { type HttpsOptions, HttpsStep } from './https-step.ts';
import { type TokenJudge, TokenStep, type TokenStepOptions } from './token-step.ts';

/** Plain data, as configured. */
export interface EntryOptions {
  /** Undefined: plain HTTP is as good as HTTPS. */
  readonly https: HttpsOptions | undefined;
  readonly certificates: CertificateStepOptions;
  /** Undefined: no token is looked at. */
  readonly tokens?: TokenStepOptions | undefined;
  /** Undefined: nobody else is asked. */
  readonly authorizer?: AuthorizerStepOptions | undefined;
}

/** Who decides about identities. What is missing is not asked for. */
export interface IdentityPorts {
  readonly certificates?: ClientCertificates | undefined;
  readonly tokens?: TokenJudge | undefined;
}

export function entrySteps(options: EntryOptions, ports: IdentityPorts): readonly EntryStep[] {
  return [
    ...(options.https === undefined ? [] : [new HttpsStep(options.https)]),
    new CertificateStep(ports.certificates, options.certificates),
    ...(options.tokens === undefined || ports.tokens === undefined
      ? []
      : [new TokenStep(options.tokens, ports.tokens)]),
  ];
}

/** The step after the rules of the head; undefined without one. */
export function lastStep(
  { authorizer: options }: EntryOptions,
  authorizer: AuthorizerPort | undefined,
): LastStep | undefined {
  return options === undefined || authorizer === undefined
    ? undefined
    : new AuthorizerStep(options, authorizer);
}
