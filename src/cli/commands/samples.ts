import { join } from 'node:path'
import { gridOf } from '../../data/grid.js'
import { writePng } from '../../data/images.node.js'
import { makeFolder } from '../../files.node.js'
import { drawRun, ruleOfRun } from '../../node.js'
import { print, printJson } from '../output/print.js'
import { definitions, textWidth } from '../output/text.js'
import { loadOf, namedRule, type RunFlags } from '../run.js'
import { noteOnSource } from '../sources.js'
import { downloadProgress } from '../train/download.js'
import { checkJudge, describeJudgement, judgeSamples } from './judge.js'

export interface SamplesFlags extends RunFlags {
  readonly count: number
  readonly seed: number
  readonly out?: string
  readonly judge?: string
}

/** `onward samples RUN [PICTURE...]`: writes what a trained network draws as PNG grids, by default in its folder. */
export async function command(run: string, names: readonly string[], flags: SamplesFlags): Promise<void> {
  const { count, seed, judge, changedRule } = flags
  const downloads = downloadProgress(process.stderr)
  const rule = await ruleOfRun(run, namedRule(run, flags))
  const load = { ...loadOf(flags), onProgress: downloads.show, onReading: downloads.reading }
  const drawing = { rule, changedRule, seed, data: flags.data, load }
  if (judge !== undefined) await checkJudge(run, rule, judge)
  const wanted = names.length > 0 ? { names } : {}
  const drawings = await drawRun(run, { ...drawing, ...wanted, count }).finally(downloads.end)
  const folder = flags.out ?? join(run, 'samples')
  makeFolder(folder)
  const pictures = []
  for (const { name, description, images, shape, columns, count: drawn } of drawings) {
    const file = join(folder, `${name}.png`)
    await writePng(file, gridOf(images, shape, columns))
    pictures.push({ picture: name, file, images: drawn, description })
  }
  const judged = judge === undefined ? undefined : await judgeSamples(run, judge, drawing)
  const { id, source, reconstructed } = rule
  if (flags.json) return printJson({ run, rule: id, source, pictures, judged, reconstructed })
  const entries = pictures.map(({ picture, description }): [string, string] => [`${picture}.png`, description])
  print(`Written to ${folder}:`, ...definitions(entries, textWidth()))
  if (judged) print('', ...describeJudgement(judged, judge!))
  print(...noteOnSource(rule))
}
