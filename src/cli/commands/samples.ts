import { join } from 'node:path'
import { writePng } from '../../data/images.node.js'
import { staysOf } from '../../distributed/federated/store.node.js'
import { makeFolder } from '../../files.node.js'
import { drawRun, ruleOfRun } from '../../node.js'
import { sheetOf } from '../../pictures.node.js'
import { type JudgeFlags, readJudgeFlags } from '../judge/flags.js'
import { describeJudgement, judged } from '../judge/judge.js'
import { plural } from '../output/numbers.js'
import { print, printAside, printJson } from '../output/print.js'
import { definitions, textWidth } from '../output/text.js'
import { loadOf, namedRule, type RunFlags } from '../run.js'
import { noteOnSource } from '../sources.js'
import { downloadProgress } from '../train/download.js'

export interface SamplesFlags extends RunFlags, JudgeFlags {
  readonly count: number
  readonly seed: number
  readonly scale?: number
  readonly out?: string
}

/** `onward samples RUN [PICTURE...]`: writes what a trained network draws as PNG grids, by default in its folder. */
export async function command(run: string, names: readonly string[], flags: SamplesFlags): Promise<void> {
  const { count, seed, scale, changedRule } = flags
  const judging = readJudgeFlags(flags)
  const downloads = downloadProgress(process.stderr)
  const rule = await ruleOfRun(run, namedRule(run, flags))
  const load = { ...loadOf(flags), onProgress: downloads.show, onReading: downloads.reading }
  const drawing = { rule, changedRule, seed, data: flags.data, load }
  const wanted = names.length > 0 ? { names } : {}
  // What cannot be judged is told before anything is written.
  const judgement = judging && (await judged(run, judging, drawing).finally(downloads.end))
  const drawings = await drawRun(run, { ...drawing, ...wanted, count }).finally(downloads.end)
  const folder = flags.out ?? join(run, 'samples')
  makeFolder(folder)
  const pictures = []
  for (const drawing of drawings) {
    const { name, images: _, shape: __, count: drawn, description, ...facts } = drawing
    const file = join(folder, `${name}.png`)
    await writePng(file, sheetOf(run, drawing, scale))
    pictures.push({ picture: name, file, images: drawn, description, ...facts })
  }
  const { id, source, reconstructed } = rule
  const stays = staysOf(run)
  const kept = stays.length > 0 ? { stays } : {}
  if (flags.json) return printJson({ run, rule: id, source, pictures, judged: judgement, ...kept, reconstructed })
  const entries = pictures.map(({ picture, description }): [string, string] => [`${picture}.png`, description])
  if (stays.length > 0)
    printAside(
      `onward: ${plural(stays.length, 'tensor')} stayed with the clients of ${run} (${stays[0]}${stays.length > 1 ? ' and others' : ''}): what is drawn by them is as before the training. ` +
        'onward up federated --private none sends them too',
    )
  print(`Written to ${folder}:`, ...definitions(entries, textWidth()))
  if (judgement) print('', ...describeJudgement(judgement, judging.classifier))
  print(...noteOnSource(rule))
}
