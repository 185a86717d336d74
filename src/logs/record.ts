/** Tables of CRC-32C (Castagnoli), reflected polynomial 0x82F63B78. */
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  return crc
})

function crc32c(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 255]!
  return ~crc >>> 0
}

/** As TFRecord has it, so that a sum over bytes that hold sums of their own says something: turned, and shifted. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0

/** A record of the TFRecord format: the length (uint64) and its masked CRC-32C, the data and theirs; little endian. */
export function tfRecord(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16 + data.length)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true)
  bytes.set(data, 12)
  view.setUint32(12 + data.length, masked(crc32c(data)), true)
  return bytes
}
