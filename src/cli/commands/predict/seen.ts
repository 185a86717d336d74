import { basename, extname, join } from 'node:path'
import type { ImageShape } from '../../../data/dataset.js'
import { writePng } from '../../../data/images.node.js'
import { UsageError } from '../../../errors.js'
import { makeFolder } from '../../../files.node.js'

const isFile = (path: string): boolean => extname(path).toLowerCase() === '.png'

/** Where the picture that a network saw of each of these files is written, by `--show`. */
function placesOf(shown: string, files: readonly string[]): string[] {
  if (isFile(shown)) return [shown]
  const taken = new Set<string>()
  return files.map((file) => {
    const name = basename(file, extname(file))
    let place = join(shown, `${name}.png`)
    for (let number = 2; taken.has(place); number++) place = join(shown, `${name}-${number}.png`)
    taken.add(place)
    return place
  })
}

/** Throws a UsageError where one file is to hold several pictures, or would replace one that is read. */
export function checkShown(shown: string | undefined, files: readonly string[]): void {
  if (shown === undefined) return
  if (isFile(shown) && files.length > 1)
    throw new UsageError(`--show ${shown} names one file for ${files.length} pictures: name a folder.`)
  const own = placesOf(shown, files).find((place) => files.some((file) => join(file) === join(place)))
  if (own !== undefined)
    throw new UsageError(`--show ${shown} would replace ${own}, which is read: name another place.`)
}

interface Seen {
  readonly image: string
  readonly pixels: Uint8Array
}

/** Writes what the network saw of each picture as a PNG file of its size. */
export async function showSeen(
  shown: string,
  seen: readonly Seen[],
  { shape: [channels, height, width], levels }: { readonly shape: ImageShape; readonly levels: number },
): Promise<void> {
  if (!isFile(shown)) makeFolder(shown)
  const places = placesOf(
    shown,
    seen.map(({ image }) => image),
  )
  for (const [i, { pixels }] of seen.entries()) {
    const size = height * width
    const data = Uint8Array.from({ length: pixels.length }, (_, at) => {
      const level = pixels[(at % channels) * size + Math.floor(at / channels)]!
      return Math.round((255 * level) / (levels - 1))
    })
    await writePng(places[i]!, { width, height, channels: channels as 1 | 3, data })
  }
}
