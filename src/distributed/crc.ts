/** Tables of the CRC-32 of IEEE 802.3, reflected polynomial 0xEDB88320: four bytes are taken at once. */
const TABLES = Array.from({ length: 4 }, () => new Int32Array(256))
for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  TABLES[0]![byte] = crc
}
for (let table = 1; table < 4; table++)
  for (let byte = 0; byte < 256; byte++) {
    const before = TABLES[table - 1]![byte]!
    TABLES[table]![byte] = (before >>> 8) ^ TABLES[0]![before & 255]!
  }

/** The same as `crc32`, for pages. */
export function plainCrc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3] = TABLES as [Int32Array, Int32Array, Int32Array, Int32Array]
  let crc = -1
  let at = 0
  for (const end = bytes.length & ~3; at < end; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc = t3[crc & 255]! ^ t2[(crc >>> 8) & 255]! ^ t1[(crc >>> 16) & 255]! ^ t0[crc >>> 24]!
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 255]!
  return ~crc >>> 0
}

/** The CRC-32 of bytes, as zlib has it. Finds what chance changed; who means harm can make any. */
export const crc32: (bytes: Uint8Array) => number =
  // Node's own is six times as fast.
  globalThis.process?.getBuiltinModule?.('node:zlib').crc32 ?? plainCrc32
