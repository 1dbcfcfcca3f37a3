/** What bounds calls of the service through Ward. A part of `limits.ts`, by which it is imported. */
import { KIB, MIB } from './units.ts';

/** Entries of the list of hosts: a service has some tens of other services, not thousands. */
export const EGRESS_HOSTS_MAX = 256;
/** Hosts with connections at once, the names below `*.` patterns included; of more, one that is unused goes first. */
export const EGRESS_WAYS_MAX = 512;
/** Names asked of DNS at once. The system's resolver has four threads, and each name is asked for once however many wait. */
export const EGRESS_LOOKUPS_MAX = 64;
/** Addresses of one answer: services behind DNS have a dozen; of more the first are used. All of them are checked. */
export const EGRESS_ADDRESSES_MAX = 32;
export const EGRESS_DNS_SERVERS_MAX = 3; // as many as resolv.conf has
/** One question to `egress.dns_servers`, and how often it is put: packets get lost. The second may take twice as long. */
export const EGRESS_DNS_MS = 1_000;
export const EGRESS_DNS_TRIES = 2;

/** Tunnels at once: each holds two sockets, and a pool of connections of one client has some tens. */
export const EGRESS_TUNNELS_MAX = 256;
/** What a TLS client says first, with the keys of post-quantum exchanges and a resumed session about 3 KiB. */
export const EGRESS_HELLO_BYTES_MAX = 16 * KIB;

/** Defaults for a host, each of which its entry may change. */
/** A sidecar's calls to one host: at 50 ms an answer 640 a second. */
export const EGRESS_CONNECTIONS_DEFAULT = 32;
export const EGRESS_IN_FLIGHT_DEFAULT = 256; // what eight rounds of those connections carry
/** Bodies either way: exports and images are smaller; a service that moves more says so. */
export const EGRESS_BODY_BYTES_DEFAULT = 64 * MIB;
/** The largest a host's entry may set: beyond it a number is a slip of the pen. */
export const EGRESS_REQUESTS_PER_SECOND_MAX = 100_000;
