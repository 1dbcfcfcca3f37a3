/** Units that limits are written in. */

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const DAY_MS = 86_400_000;
