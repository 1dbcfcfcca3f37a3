/**
 * What has to end when the process does, so that a start which fails half-way leaves nothing behind: a worker, a
 * connection or a watcher still open would keep the process alive after it has told why it could not start.
 */
export class Ending {
  readonly #ends: (() => unknown)[] = [];

  /** To be called, and waited for, when all ends. */
  add(end: () => unknown): void {
    this.#ends.push(end);
  }

  /** Ends everything, what came last first. A second call finds nothing to do. */
  async all(): Promise<void> {
    for (let end = this.#ends.pop(); end !== undefined; end = this.#ends.pop()) await end();
  }
}
