/** The place of the largest score, the first of equals; -1 if one is not a number. */
export function best(scores: ArrayLike<number>, first = 0, count = scores.length): number {
  let place = 0
  for (let k = 0; k < count; k++) {
    const score = scores[first + k]!
    if (Number.isNaN(score)) return -1
    if (score > scores[first + place]!) place = k
  }
  return place
}
