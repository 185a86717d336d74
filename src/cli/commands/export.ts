import { imageShapeOf } from '../../data/index.js'
import { unknownName } from '../../names.js'
import { type ExportedFile, exportRun } from '../../node.js'
import { targetKind } from '../../targets/index.js'
import { bytes } from '../output/numbers.js'
import { print, printJson } from '../output/print.js'
import { columns, textWidth, wrapText } from '../output/text.js'
import { loadOf, namedRule, type RunFlags } from '../run.js'

export interface ExportFlags extends RunFlags {
  readonly format: string
  readonly out?: string
}

/** `onward export RUN`: writes the trained network as one file that, run alone, scores as the network does. */
export async function command(run: string, flags: ExportFlags): Promise<void> {
  if (flags.format !== 'onnx') throw unknownName('format', flags.format, ['onnx'])
  const exported = await exportRun(run, {
    ...namedRule(run, flags),
    ...{ out: flags.out, data: flags.data, load: loadOf(flags) },
  })
  const { samples: _, ...facts } = exported
  if (flags.json) printJson({ run, ...facts, format: 'onnx' })
  else print(...describe(exported))
}

function describe({ file, bytes: size, batch, checkedOn, samples }: ExportedFile): string[] {
  const { input, target, names } = samples
  const count = batch === 'any' ? 'N' : batch
  const said = targetKind(target).exported(samples)
  const levels = imageShapeOf(input) ? 'pixels from 0 to 1' : 'levels from 0 to 1'
  const read = input.levels === undefined ? 'real numbers in their own units' : levels
  return [
    ...wrapText(`${file}: ${bytes(size)}, checked by running it alone on ${checkedOn}.`, textWidth()),
    ...columns([
      ['  input', 'x', `float32 [${[count, ...input.shape].join(', ')}], ${read}`],
      ['  output', 'scores', `float32 [${count}, ${names.length}], ${targetKind(target).scores}`],
      ['  output', said.name, `${said.dtype} [${[count, ...said.shape].join(', ')}], ${said.what}`],
    ]),
    ...(batch === 'any' ? [] : [`It takes ${batch} samples at a time: this rule's prediction depends on the batch.`]),
  ]
}
