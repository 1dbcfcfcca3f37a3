/**
 * `contains any`, `starts_with any` and `ends_with any` over a fixed list of words, byte for byte.
 *
 * `contains` looks each position up by its first two bytes, so the cost is that of the text and not of the list. It
 * runs on candidates of the matcher alone; the common case never gets here.
 */

export type WordSearch = (text: string) => boolean;
export type WordPlace = 'contains' | 'starts_with' | 'ends_with';

const FEW_WORDS = 4;

export function wordSearch(place: WordPlace, words: readonly string[]): WordSearch {
  const distinct = [...new Set(words)];
  switch (place) {
    case 'contains':
      return distinct.length <= FEW_WORDS ? containsFew(distinct) : containsMany(distinct);
    case 'starts_with':
      return (text) => distinct.some((word) => text.startsWith(word));
    case 'ends_with':
      return (text) => distinct.some((word) => text.endsWith(word));
  }
}

function containsFew(words: readonly string[]): WordSearch {
  if (words.length === 1) {
    const [word] = words;
    return (text) => text.includes(word);
  }
  return (text) => words.some((word) => text.includes(word));
}

function containsMany(words: readonly string[]): WordSearch {
  const short = words.filter((word) => word.length < 2);
  const buckets = new Map<number, string[]>();
  for (const word of words) {
    if (word.length < 2) continue;
    const key = pairAt(word, 0);
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, [word]);
    else bucket.push(word);
  }
  return (text) => {
    for (const word of short) if (text.includes(word)) return true;
    for (let at = 0; at + 1 < text.length; at++) {
      const bucket = buckets.get(pairAt(text, at));
      if (bucket === undefined) continue;
      for (const word of bucket) if (text.startsWith(word, at)) return true;
    }
    return false;
  };
}

function pairAt(text: string, at: number): number {
  return (text.charCodeAt(at) << 8) | text.charCodeAt(at + 1);
}
