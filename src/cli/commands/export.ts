import { unknownName } from '../../names.js'
import { type ExportedFile, exportRun } from '../../node.js'
import { bytes } from '../output/numbers.js'
import { print } from '../output/print.js'
import { loadOf, namedRule, type RunFlags } from '../run.js'

export interface ExportFlags extends RunFlags {
  readonly format: string
  readonly out?: string
}

/** `onward export RUN`: writes the trained network as one file, after that file, run alone, scored as the network does. */
export async function exportCommand(run: string, flags: ExportFlags): Promise<void> {
  if (flags.format !== 'onnx') throw unknownName('format', flags.format, ['onnx'])
  const exported = await exportRun(run, { ...namedRule(run, flags), out: flags.out, load: loadOf(flags) })
  const { images: _, ...facts } = exported
  if (flags.json) print(JSON.stringify({ ...facts, format: 'onnx' }))
  else print(...describe(exported))
}

function describe({ file, bytes: size, batch, checkedOn, images: { shape, classNames } }: ExportedFile): string[] {
  const count = batch === 'any' ? 'N' : batch
  return [
    `${file}: ${bytes(size)}, checked by running it alone on ${checkedOn}.`,
    `  input   x       float32 [${[count, ...shape].join(', ')}], pixels from 0 to 1`,
    `  output  scores  float32 [${count}, ${classNames.length}], the larger the likelier`,
    `  output  label   int64 [${count}], the class: ${classNames.join(', ')}`,
    ...(batch === 'any' ? [] : [`It takes ${batch} images at a time: this rule's prediction depends on the batch.`]),
  ]
}
