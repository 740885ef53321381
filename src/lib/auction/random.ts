/** A seeded source of numbers, so that a simulation with chance in it can be repeated exactly. */
export interface Random {
  /** A whole number from 0 up to and without `below`. */
  below(below: number): number;
}

/** Marsaglia's xorshift with 128 bits of state, seeded from one number by splitmix32. */
export function seededRandom(seed: number): Random {
  let mixed = seed | 0;
  const splitmix = (): number => {
    mixed = (mixed + 0x9e3779b9) | 0;
    let z = mixed ^ (mixed >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let [a, b, c, d] = [splitmix(), splitmix(), splitmix(), splitmix() | 1];
  return {
    below(below) {
      const t = d ^ (d << 11);
      [d, c, b] = [c, b, a];
      a = a ^ (a >>> 19) ^ t ^ (t >>> 8);
      return Math.floor(((a >>> 0) / 0x1_0000_0000) * below);
    },
  };
}

/** Fisher and Yates, in place. */
export function shuffle(items: Int32Array, random: Random): Int32Array {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const item = items[i]!;
    items[i] = items[j]!;
    items[j] = item;
  }
  return items;
}
