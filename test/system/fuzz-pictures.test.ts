// Changed picture files of every format: refused in a sentence or read, in time and memory.
//   ONWARD_FUZZ=10000 npm run test:system fuzz-pictures     so many of each format; ONWARD_ROTATION=7 makes others
// At most 120 s: a few hundred files of each of nine formats, AVIF among them, which decodes slowly.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import type { Ground } from '../../src/data/ground.js'
import { decodeImage } from '../../src/data/images.node.js'
import { inkImage } from '../../src/data/ink.js'
import { toShape } from '../../src/data/picture.js'
import { UserError } from '../../src/errors.js'
import { type Stream, stream } from '../../src/random/stream.js'
import { bmp } from '../data/bmp-file.js'

const FILES = Number(process.env.ONWARD_FUZZ ?? 200)
/** Other files each day; a failure tells them. */
const DAY = Number(process.env.ONWARD_ROTATION ?? Math.floor(Date.now() / 86_400_000))
/** Of processor time, which a busy machine does not change. */
const MOST_SECONDS = 2
const MOST_MEMORY = 2 ** 30

const below = (random: Stream, count: number): number => {
  const word = new Uint32Array(1)
  random.words(word)
  return word[0]! % count
}

/** What is likely to be a size, an offset or a count: at its ends. */
const EXTREMES = [[0], [0xff], [0x7f], [0x80], [0xff, 0xff, 0xff, 0xff], [0, 0, 0xff, 0xff], [0, 1, 0, 0], [0x7f, 0xff]]

/** A few bytes changed, put in, taken out, doubled, or the end cut off; half of it near the beginning. */
function mutated(bytes: Uint8Array, random: Stream): Uint8Array {
  let own = [...bytes]
  for (let turn = 1 + below(random, 4); turn > 0; turn--) {
    const place = below(random, below(random, 2) === 0 ? Math.min(own.length, 64) + 1 : own.length + 1)
    const extreme = EXTREMES[below(random, EXTREMES.length)]!
    const how = below(random, 6)
    if (how === 0) own[place] = below(random, 256)
    else if (how === 1) own.splice(place, extreme.length, ...extreme)
    else if (how === 2) own.splice(place, 1 + below(random, 8))
    else if (how === 3) own.splice(place, 0, ...own.slice(place, place + below(random, 64)))
    else if (how === 4) own = own.slice(0, Math.max(place, 4))
    else own[place] = (own[place] ?? 0) ^ (1 << below(random, 8))
  }
  return Uint8Array.from(own, (byte) => byte ?? 0)
}

/** A changed PNG file with right checksums: a decoder looks no further than to a wrong one. */
function summed(changed: Uint8Array): Uint8Array {
  const bytes = Buffer.from(changed)
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + bytes.readUInt32BE(at)
    if (end + 4 > bytes.length) break
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end)
    at = end + 4
  }
  return bytes
}

const source = sharp(
  Uint8Array.from({ length: 24 * 20 * 4 }, (_, i) => (i * 2654435761) >>> 24),
  { raw: { width: 24, height: 20, channels: 4 } },
)

const seeds: Readonly<Record<string, () => Promise<Uint8Array>>> = {
  PNG: () => source.clone().png().toBuffer(),
  'PNG, interlaced, palette': () => source.clone().png({ progressive: true, palette: true }).toBuffer(),
  JPEG: () => source.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
  'JPEG, progressive, CMYK': () => source.clone().toColourspace('cmyk').jpeg({ progressive: true }).toBuffer(),
  WebP: () => source.clone().webp().toBuffer(),
  GIF: () => source.clone().gif().toBuffer(),
  TIFF: () => source.clone().tiff({ compression: 'lzw', tile: true, tileWidth: 16, tileHeight: 16 }).toBuffer(),
  AVIF: () => source.clone().avif({ effort: 0 }).toBuffer(),
  BMP: async () =>
    bmp(24, 20, 8, { palette: new Array(64).fill(9), compression: 1, rows: [24, 3, 0, 0, 0, 4, 1, 2, 3, 4, 0, 1] }),
}

const ground: Ground = { level: 'dark', side: 20, sides: [20, 20], centre: 'mass', away: 1 }

before(() => decodeImage(new Uint8Array(), 'nothing').catch(() => undefined))

for (const [format, seed] of Object.entries(seeds))
  test(`${FILES} changed files of ${format}: no stack, no hang, little memory`, async (t) => {
    const bytes = await seed()
    let [read, longest] = [0, 0]
    for (let i = 0; i < FILES; i++) {
      const changed = mutated(bytes, stream(DAY, i, `fuzz ${format}`))
      const own = format.startsWith('PNG') && i % 4 > 0 ? summed(changed) : changed
      const start = process.cpuUsage()
      try {
        const picture = await decodeImage(own, 'it')
        toShape(picture, [3, 28, 28])
        inkImage(picture, [1, 28, 28], ground)
        read++
      } catch (error) {
        assert.ok(error instanceof UserError, `day ${DAY}, file ${i} of ${format}: ${(error as Error).stack}`)
        assert.equal(error.message.split('\n').length, 1)
      }
      const { user, system } = process.cpuUsage(start)
      const seconds = (user + system) / 1e6
      longest = Math.max(longest, seconds)
      assert.ok(seconds < MOST_SECONDS, `day ${DAY}, file ${i} of ${format} took ${seconds} s`)
    }
    // In kilobytes, of the whole process at its largest.
    const memory = process.resourceUsage().maxRSS * 1024
    t.diagnostic(
      `day ${DAY}: ${read} read; at most ${longest.toFixed(2)} s for one, ${Math.round(memory / 2 ** 20)} MB`,
    )
    assert.ok(memory < MOST_MEMORY, `${memory} bytes`)
    assert.ok(read > 0 && read < FILES, 'the changes are too large, or too small, to find anything')
  })
