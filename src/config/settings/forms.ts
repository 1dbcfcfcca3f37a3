/** How defaults and expectations are written that several groups of settings share. */
import { KIB } from '../../core/limits.ts';

export const ms = (value: number): string => `${value}ms`;
export const kib = (value: number): string => `${value / KIB}KiB`;
export const NETWORKS = 'a list of networks such as 10.0.0.0/8 or 2001:db8::/32';
