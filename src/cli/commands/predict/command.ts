import { styleText } from 'node:util'
import { imageShapeOf } from '../../../data/dataset.js'
import { UsageError, UserError } from '../../../errors.js'
import { show } from '../../../graph/types.js'
import { type Predicted, predict, readCheckpoint } from '../../../node.js'
import { print, printJson } from '../../output/print.js'
import { columns } from '../../output/text.js'
import { namedRule, type RunFlags } from '../../run.js'
import { arrayReaderOf, predictArrays } from './arrays.js'
import { type FitFlags, fitOf, picturesIn, readPicture } from './pictures.js'
import { isTable, predictRows } from './rows.js'
import { likeliest, saidOf } from './said.js'
import { checkShown, showSeen } from './seen.js'

export interface PredictFlags extends RunFlags, FitFlags {
  readonly show?: string
}

/**
 * `onward predict RUN IMAGE...`: what the network says of each picture, the likeliest five, and what was done to the
 * picture or may be wrong with it. A picture that cannot be read does not keep the others from being told; at the end a
 * UserError names all such.
 */
export async function command(run: string, paths: readonly string[], flags: PredictFlags): Promise<void> {
  const predictNumbers = paths.some(isTable)
    ? predictRows
    : (await arrayReaderOf(paths[0]!))
      ? predictArrays
      : undefined
  if (predictNumbers) {
    const unread = (['show', 'fit', 'invert'] as const).find((name) => flags[name] !== undefined)
    if (unread) throw new UsageError(`--${unread} is for picture files, and these are tables or arrays: leave it out.`)
    return await predictNumbers(run, paths, flags)
  }
  const rule = namedRule(run, flags)
  const { samples } = readCheckpoint(run).checkpoint
  const shape = imageShapeOf(samples.input)
  if (!shape)
    throw new UserError(
      `${run} reads inputs ${show(samples.input.shape)} that are not pictures: give a table or arrays like those it was trained on ` +
        "(new.csv, new.npy), or predict from a program, as in predict(run, inputs) of 'onward/node'.",
    )
  const kind = { shape, levels: samples.input.levels!, ground: samples.ground }
  const fit = fitOf(flags, kind, run)
  const files = paths.flatMap(picturesIn)
  checkShown(flags.show, files)
  const pictures: Awaited<ReturnType<typeof readPicture>>[] = []
  for (const path of files) pictures.push(await readPicture(path, kind, fit))
  const seen = pictures.filter((picture) => 'pixels' in picture)
  if (flags.show !== undefined) await showSeen(flags.show, seen, kind)
  const inputs = seen.map(({ pixels }) => pixels)
  const said = (inputs.length > 0 ? await predict(run, inputs, rule) : []).values()
  const all = pictures.map((picture) =>
    'pixels' in picture
      ? { image: picture.image, ...(said.next().value as Predicted), fit: picture.fit, notes: picture.notes }
      : picture,
  )
  if (flags.json) printJson(all)
  else {
    const told = all.filter((one) => 'scores' in one)
    const lines = columns(
      told.map((one) => [one.image, styleText('bold', saidOf(one)), styleText('dim', likeliest(one, samples.names))]),
    )
    print(...told.flatMap(({ notes }, i) => [lines[i]!, ...notes.map((note) => styleText('dim', `  ${note}`))]))
  }
  const refused = all.filter((one) => 'error' in one)
  if (refused.length > 0) throw new UserError(refused.map(({ error }) => error).join('\n'))
}
