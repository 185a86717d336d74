/** Small files in the formats of the published data sets, for the tests. */

function bigEndian(...words: number[]): number[] {
  return words.flatMap((word) => [24, 16, 8, 0].map((shift) => (word >> shift) & 0xff))
}

export function idxImages(pixels: readonly number[], height: number, width: number): Uint8Array {
  return new Uint8Array([...bigEndian(2051, pixels.length / (height * width), height, width), ...pixels])
}

export function idxLabels(labels: readonly number[]): Uint8Array {
  return new Uint8Array([...bigEndian(2049, labels.length), ...labels])
}

/** A POSIX ustar archive with a folder entry before the files, as `tar c folder` writes it. */
export function tarOf(files: Record<string, Uint8Array>): Uint8Array {
  const header = (name: string, size: number, type: string) => {
    const block = new Uint8Array(512)
    const put = (text: string, at: number) => block.set(new TextEncoder().encode(text), at)
    put(name, 0)
    put(`${size.toString(8).padStart(11, '0')}\0`, 124)
    put(type, 156)
    put('ustar\0', 257)
    return block
  }
  const parts: Uint8Array[] = [header('folder/', 0, '5')]
  for (const [name, bytes] of Object.entries(files)) {
    parts.push(header(name, bytes.length, '0'), bytes, new Uint8Array((512 - (bytes.length % 512)) % 512))
  }
  parts.push(new Uint8Array(1024))
  return new Uint8Array(parts.flatMap((part) => [...part]))
}
