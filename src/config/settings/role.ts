/** The kind of service behind Ward. What a role sets is written in `roles.ts`. */
import { choice } from '../setting.ts';

export const ROLE_NAMES = ['api', 'web', 'internal', 'webhook-receiver'] as const;

export type RoleName = (typeof ROLE_NAMES)[number];

export const ROLE = choice(
  'Kind of service: defaults that suit it, for the settings listed in docs/operating.md. What the file, the environment or the command line gives comes first, setting by setting.',
  ROLE_NAMES,
);
