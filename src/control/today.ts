/** The day that `until` is compared with: UTC, the same everywhere on earth. `YYYY-MM-DD`. */
export function todayUtc(): string {
  return new Date().toISOString().slice(0, 10);
}
