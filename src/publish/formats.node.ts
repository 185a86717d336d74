import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tableEncoding } from '../data/own/table-inputs.js'
import { UserError } from '../errors.js'
import { hashOf, makeFolder, readJson, replaceFile } from '../files.node.js'
import { readKeptRun } from '../kept/run.node.js'
import { type ExportOptions, exportRun, ruleOfRun } from '../runs.node.js'
import { readCheckpoint } from '../train/run-folder.node.js'
import { cardOf } from './card.js'
import { weightsFile, weightsOf } from './weights.js'

export interface WrittenFile {
  readonly file: string
  readonly bytes: number
}

/** Writes the weights of a run, without its optimiser, as one file in the safetensors format. */
export async function exportWeights(run: string, options: ExportOptions): Promise<WrittenFile & { tensors: number }> {
  const rule = await ruleOfRun(run, options)
  const { checkpoint } = readCheckpoint(run)
  const bytes = weightsFile(rule, checkpoint)
  const file = options.out ?? join(run, 'model.safetensors')
  replaceFile(file, bytes)
  return { file, bytes: bytes.length, tensors: weightsOf(rule, checkpoint).length }
}

const [CARD, CONFIG, WEIGHTS, MODEL] = ['README.md', 'config.json', 'model.safetensors', 'model.onnx'] as const

/**
 * Writes a run as a folder that a model hub takes: a card, its settings, weights, and the whole network as ONNX where it
 * predicts. Throws a UserError where the folder holds something else, or a card that is not as Onward wrote it.
 */
export async function exportFolder(run: string, options: ExportOptions): Promise<WrittenFile[]> {
  const rule = await ruleOfRun(run, options)
  const { checkpoint } = readCheckpoint(run)
  const { samples } = checkpoint
  const folder = options.out ?? join(run, 'huggingface')
  makeFolder(folder)
  const names = [CARD, CONFIG, WEIGHTS, ...(rule.predict ? [MODEL] : [])]
  const other = readdirSync(folder).find(
    (name) => !([CARD, CONFIG, WEIGHTS, MODEL] as string[]).includes(name) && !name.startsWith('.'),
  )
  if (other !== undefined || existsSync(join(folder, 'metrics.jsonl')))
    throw new UserError(`${folder} holds ${other ?? 'a run'} already: choose a folder of its own (--out)`)
  const kept = readKeptRun(run)
  const parameters =
    kept.start?.parameters ?? weightsOf(rule, checkpoint).reduce((sum, { data }) => sum + data.length, 0)
  const files = names.filter((name) => name !== CARD)
  const table = tableEncoding.safeParse(kept.config.own?.encoding).data
  const inputs =
    samples.input.shape.length > 1
      ? undefined
      : table?.columns.flatMap(({ name, categories }) => categories?.map((text) => `${name} = ${text}`) ?? [name])
  const card = new TextEncoder().encode(cardOf({ kept, rule, samples, files, parameters, inputs }))
  refuseOwnCard(folder, card)
  const written: WrittenFile[] = []
  const write = (name: string, bytes: Uint8Array): void => {
    replaceFile(join(folder, name), bytes)
    written.push({ file: join(folder, name), bytes: bytes.length })
  }
  if (rule.predict) {
    const { file, bytes } = await exportRun(run, { ...options, rule, out: join(folder, MODEL) })
    written.push({ file, bytes })
  }
  write(WEIGHTS, weightsFile(rule, checkpoint))
  // The card comes before its hash: one without the other is the card that the same run has again.
  write(CARD, card)
  const { input, target, names: said } = samples
  const labels =
    target.kind === 'class'
      ? { id2label: Object.fromEntries(said.entries()), label2id: Object.fromEntries(said.map((name, k) => [name, k])) }
      : { names: said }
  const { hyper, options: training } = checkpoint.settings
  const config = {
    model_type: 'onward',
    rule: rule.id,
    data: checkpoint.data,
    input,
    ...(inputs && { inputs }),
    target,
    ...labels,
    hyper,
    training,
    card_sha256: hashOf(card),
  }
  write(CONFIG, new TextEncoder().encode(`${JSON.stringify(config, undefined, 2)}\n`))
  return written
}

/** Throws a UserError where the folder has a card that somebody wrote or changed: a new one would take its place. */
function refuseOwnCard(folder: string, card: Uint8Array): void {
  const path = join(folder, CARD)
  if (!existsSync(path)) return
  const own = hashOf(readFileSync(path))
  if (own === hashOf(card)) return
  const config = join(folder, CONFIG)
  const known = existsSync(config) && (readJson(config) as { card_sha256?: unknown } | null)?.card_sha256
  if (own === known) return
  throw new UserError(
    `${path} is not as Onward wrote it, and would be overwritten: choose another folder (--out), or delete that file first`,
  )
}
