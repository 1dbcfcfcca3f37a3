/**
 * The head of one request after the guards: what the rules read and what the upstream gets are made from this one object.
 * Text is latin1 (one char per byte), field names are lower-case.
 */
import type { IpAddress } from './address.ts';

/** Field lines in order of arrival: name, value, name, value, … */
export type FieldLines = readonly string[];

export interface RequestHead {
  readonly id: string;
  readonly method: string;
  /** The request target in origin-form: path and query. */
  readonly target: string;
  /** The request target as sent, which may be in absolute-form. */
  readonly sentTarget: string;
  /** The path part of the target as sent. */
  readonly rawPath: string;
  /** Without the question mark; '' also when there is none. */
  readonly query: string;
  readonly hasQuery: boolean;
  /** Canonical path: drives routing and rules, and is what the upstream is asked for. */
  readonly path: string;
  /** Readings of the path that servers are known to make, decoded; a restricting route matches if any view does. */
  readonly pathViews: readonly string[];
  readonly version: '1.0' | '1.1' | '2';
  readonly scheme: 'http' | 'https';
  /** Lower-case host with its port if one was sent. */
  readonly host: string;
  readonly fields: FieldLines;
  /** Declared length, `undefined` without content-length. */
  readonly contentLength: number | undefined;
  /** True with a content-length above zero or a transfer coding. */
  readonly hasBody: boolean;
  readonly client: ClientAddress;
}

export interface ClientAddress {
  /** After trusted forwarding fields were read. */
  readonly ip: IpAddress;
  /** The other end of the connection. */
  readonly peer: IpAddress;
  readonly port: number | undefined;
}
