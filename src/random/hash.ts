/**
 * The 64-bit FNV-1a hash of a name's UTF-8 bytes (Fowler, Noll, Vo; RFC 9923), as two words, low first. It turns the
 * names of random streams into counter words; it is no cryptographic hash.
 */
export function fnv1a64(name: string): readonly [low: number, high: number] {
  let hash = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(name)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return [Number(hash & 0xffffffffn), Number(hash >> 32n)]
}
