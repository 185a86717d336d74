import { imageShapeOf } from '../../data/index.js'
import { unknownName } from '../../names.js'
import { type ExportedFile, exportRun } from '../../node.js'
import { exportFolder, exportWeights } from '../../publish/formats.node.js'
import { targetKind } from '../../targets/index.js'
import { bytes, plural } from '../output/numbers.js'
import { print, printJson } from '../output/print.js'
import { columns, textWidth, wrapText } from '../output/text.js'
import { loadOf, namedRule, type RunFlags } from '../run.js'

export interface ExportFlags extends RunFlags {
  readonly format: string
  readonly out?: string
}

const FORMATS = ['onnx', 'safetensors', 'huggingface'] as const

/** `onward export RUN`: writes the trained network for other programs; as ONNX it scores, run alone, as the network does. */
export async function command(run: string, flags: ExportFlags): Promise<void> {
  const format = FORMATS.find((known) => known === flags.format)
  if (format === undefined) throw unknownName('format', flags.format, FORMATS)
  const options = { ...namedRule(run, flags), ...{ out: flags.out, data: flags.data, load: loadOf(flags) } }
  if (format === 'onnx') {
    const exported = await exportRun(run, options)
    const { samples: _, ...facts } = exported
    return flags.json ? printJson({ run, ...facts, format }) : print(...describe(exported))
  }
  if (format === 'safetensors') {
    const written = await exportWeights(run, options)
    const { file, tensors } = written
    if (flags.json) return printJson({ run, ...written, format })
    return print(
      `${file}: ${bytes(written.bytes)}, ${plural(tensors, 'tensor')}: weights and running statistics, no optimiser.`,
    )
  }
  const files = await exportFolder(run, options)
  if (flags.json) return printJson({ run, files, format })
  print(
    ...columns(files.map((written) => [`  ${written.file}`, bytes(written.bytes)])),
    ...wrapText(
      'The card says what is known: add a licence, and what the model is fit for, before you publish it.',
      textWidth(),
    ),
  )
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
