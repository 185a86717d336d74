/** What the network of a kept run draws, as PNG files in memory. */
import { pngOf } from './data/images.node.js'
import { imageShapeOf } from './data/index.js'
import type { PngPicture } from './data/png-picture.js'
import type { Raster } from './draw/raster.js'
import { drawSheet } from './draw/sheet.js'
import type { RunOptions } from './runs.node.js'
import { drawRun, ruleOfRun } from './runs.node.js'
import type { Drawing } from './train/drawing.js'
import { readCheckpoint, readConfig } from './train/run-folder.node.js'

/** Images that a picture starts from. */
const DRAWN = 20

/**
 * A drawing of the run in a folder with its title, and the names of its rows and columns. `scale`: pixels of each pixel of an
 * image; charts and decisions are as large as they are.
 */
export function sheetOf(
  run: string,
  { name, description, from, chart, decisions, ...drawn }: Drawing,
  scale?: number,
): Raster {
  const { rule, data } = readConfig(run)
  const text = `${description.charAt(0).toUpperCase()}${description.slice(1)}.${from ? ` From ${from}.` : ''}`
  const title = `${name}: ${rule} on ${data}`
  const isDrawn = chart !== undefined || decisions !== undefined
  return drawSheet({ ...drawn, title, text, isFramed: !isDrawn }, isDrawn ? 1 : scale)
}

/** All pictures of a run; none where its rule draws none, or its samples are no images. */
export async function picturesOf(path: string, options: RunOptions): Promise<PngPicture[]> {
  const rule = await ruleOfRun(path, options)
  if (!(rule.pictures || rule.labelled) || !imageShapeOf(readCheckpoint(path).checkpoint.samples.input)) return []
  const drawings = await drawRun(path, { ...options, count: DRAWN, seed: 0 })
  return await Promise.all(
    drawings.map(async (drawing) => {
      const { data, ...raster } = sheetOf(path, drawing)
      const { name, description } = drawing
      return { name, description, png: await pngOf({ data, ...raster }), ...raster }
    }),
  )
}
