/** A BMP file with a header of 40 bytes; `rows` as they lie in the file. */
export function bmp(
  width: number,
  height: number,
  bits: number,
  rest: { palette?: number[]; rows: number[]; compression?: number; masks?: number[] },
) {
  const { palette = [], rows, compression = 0, masks = [] } = rest
  const head = Buffer.alloc(54 + masks.length * 4)
  head.write('BM')
  head.writeUInt32LE(head.length + palette.length, 10)
  head.writeUInt32LE(40, 14)
  head.writeInt32LE(width, 18)
  head.writeInt32LE(height, 22)
  head.writeUInt16LE(1, 26)
  head.writeUInt16LE(bits, 28)
  head.writeUInt32LE(compression, 30)
  head.writeUInt32LE(palette.length / 4, 46)
  for (const [i, mask] of masks.entries()) head.writeUInt32LE(mask, 54 + 4 * i)
  return Buffer.concat([head, Uint8Array.from(palette), Uint8Array.from(rows)])
}
