/**
 * Why the guard refuses a request, and with which status. Reasons are stable: logs and metrics carry them, clients
 * never see them.
 */

/** Reason to status. */
export const REFUSAL_STATUS = {
  'method.malformed': 400,
  'method.refused': 405,
  'target.malformed': 400,
  'target.too_long': 414,
  'target.scheme': 400,
  'path.broken_escape': 400,
  'path.control_byte': 400,
  'path.charset': 400,
  'path.hidden_dot_segment': 400,
  'path.form': 400,
  'head.too_large': 431,
  'field.name': 400,
  'field.odd_name': 400,
  'field.control_byte': 400,
  'field.charset': 400,
  'field.repeated': 400,
  'field.connection_specific': 400,
  'host.missing': 400,
  'host.malformed': 400,
  'host.mismatch': 400,
  'host.not_served': 421,
  'framing.transfer_encoding': 400,
  'framing.content_length': 400,
  'framing.both': 400,
  'connection.nomination': 400,
  'upgrade.refused': 400,
  'upgrade.handshake': 400,
  'upgrade.version': 426,
  'upgrade.body': 400,
  'upgrade.origin': 403,
  'peer.unknown': 400,
  'peer.proxy_protocol': 400,
  'peer.forwarding_malformed': 400,
} as const;

export type RefusalReason = keyof typeof REFUSAL_STATUS;
