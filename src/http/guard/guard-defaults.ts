/** The guard of a Ward that is configured with nothing: what tools and in-process users see requests through. */
import {
  HEADER_COUNT_MAX,
  HEADER_NAME_BYTES_MAX,
  HEADER_VALUE_BYTES_MAX,
  HEAD_BYTES_MAX,
  TARGET_BYTES_MAX,
} from '../../core/limits.ts';
import type { GuardOptions } from './request-guard.ts';

/** Refuses no method, so that rules on methods can be tried; trusts no peer and serves any host. */
export const GUARD_DEFAULTS: Omit<GuardOptions, 'newRequestId'> = Object.freeze({
  headBytesMax: HEAD_BYTES_MAX,
  countMax: HEADER_COUNT_MAX,
  nameBytesMax: HEADER_NAME_BYTES_MAX,
  valueBytesMax: HEADER_VALUE_BYTES_MAX,
  targetBytesMax: TARGET_BYTES_MAX,
  trustedPeers: [],
  clientSource: 'auto',
  malformedChain: 'ignore',
  proxyProtocol: true,
  hosts: [],
  oddNames: 'drop',
  refusedMethods: [],
  keepDoubleSlashes: false,
});
