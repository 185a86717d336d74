/** What the network of a kept run draws, as PNG files in memory. */
import { gridOf } from './data/grid.js'
import { pngOf } from './data/images.node.js'
import { imageShapeOf } from './data/index.js'
import type { PngPicture } from './data/png-picture.js'
import type { RunOptions } from './runs.node.js'
import { drawRun, ruleOfRun } from './runs.node.js'
import { readCheckpoint } from './train/run-folder.node.js'

/** Images that a picture starts from. */
const DRAWN = 20

/** All pictures of a run; none where its rule draws none, or its samples are no images. */
export async function picturesOf(path: string, options: RunOptions): Promise<PngPicture[]> {
  const rule = await ruleOfRun(path, options)
  if (!rule.pictures || !imageShapeOf(readCheckpoint(path).checkpoint.samples.input)) return []
  const drawings = await drawRun(path, { ...options, count: DRAWN, seed: 0 })
  return await Promise.all(
    drawings.map(async ({ name, description, images, shape, columns }) => {
      const { data, ...grid } = gridOf(images, shape, columns)
      return { name, description, png: await pngOf({ data, ...grid }), ...grid }
    }),
  )
}
