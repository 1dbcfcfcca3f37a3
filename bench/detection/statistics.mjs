// Counts of refused requests and what may be concluded from them.

/** Two-sided 95 % quantile of the normal distribution. */
const Z = 1.959964;

/**
 * Wilson score interval of a share, 95 %: [low, high], each from 0 to 1. Unlike the normal approximation it holds near
 * 0 and 1, where good rules are (E. B. Wilson, "Probable Inference", JASA 22, 1927).
 */
export function wilson(hits, total) {
  if (total === 0) return [0, 1];
  const share = hits / total;
  const spread = (Z * Z) / total;
  const centre = (share + spread / 2) / (1 + spread);
  const half = (Z * Math.sqrt((share * (1 - share)) / total + spread / (4 * total))) / (1 + spread);
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/** Requests of one kind and how many of them were refused. */
export class Tally {
  total = 0;
  refused = 0;

  add(isRefused) {
    this.total++;
    if (isRefused) this.refused++;
  }

  toJSON() {
    const [low, high] = wilson(this.refused, this.total);
    const share = this.total === 0 ? null : this.refused / this.total;
    return { total: this.total, refused: this.refused, share, low, high };
  }
}

/** Tallies by name, in order of appearance. */
export class Tallies {
  #byName = new Map();

  add(name, isRefused) {
    let tally = this.#byName.get(name);
    if (tally === undefined) this.#byName.set(name, (tally = new Tally()));
    tally.add(isRefused);
  }

  toJSON() {
    return Object.fromEntries([...this.#byName].sort().map(([name, tally]) => [name, tally.toJSON()]));
  }
}
