/** What evicted records had spent. */
export const SKETCH_ROWS = 4;
export function sketchBytes(rows: number, cells: number): number {
  return 8 * (1 + rows * cells * 5);
}
