import { findDataSet, type Samples } from '../../data/index.js'
import { UsageError, UserError } from '../../errors.js'
import { depthOption } from '../../meter/deep.js'
import { type Metered, metered } from '../../meter/meter.js'
import type { Values } from '../../options/index.js'
import { taskFor } from '../../rules/task.js'
import { asked } from '../../train/options.js'
import { readArm } from '../arm.js'
import { bytes, count } from '../output/numbers.js'
import { print, printJson } from '../output/print.js'
import { columns, textWidth, wrapText } from '../output/text.js'
import { noteOnSource } from '../sources.js'

export interface MeterFlags {
  readonly data: string
  readonly input?: string
  readonly classes?: number
  readonly batch?: number
  readonly micro: number
  readonly depth?: readonly string[]
  readonly set?: readonly string[]
  readonly json?: true
}

const DEPTHS = [1, 2, 4, 8, 16, 32, 64, 128]
const DEEPEST = 1024

/** `onward meter ARM`: what its steps take in memory, counted over their graphs, by depth; nothing is trained. */
export async function command(text: string, flags: MeterFlags): Promise<void> {
  const arm = await readArm(text, flags.set)
  const { rule } = arm
  const { hyper, options } = asked(rule, arm)
  const { input, target } = samplesOf(flags)
  const task = taskFor({ input, target }, { batch: flags.batch ?? options.batch ?? rule.training.batch })
  const { micro } = flags
  const own = metered(rule, task, hyper, { micro })
  const depths = depthsOf(flags.depth) ?? (depthOption(rule) === undefined ? [] : DEPTHS)
  const rows: Metered[] = []
  const none: number[] = []
  let why = ''
  for (const depth of depths) {
    try {
      rows.push(metered(rule, task, hyper, { micro, depth }))
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      if (flags.depth && depthOption(rule))
        throw new UsageError(`${rule.id} has no network of depth ${depth}: ${error.message}`)
      if (flags.depth) throw error
      // Not every rule may be as deep as another.
      none.push(depth)
      why ||= error.message
    }
  }
  const refused = none.length === 0 ? undefined : `There is no ${arm.name} of depth ${none.join(', ')}: ${why}`
  if (flags.json)
    printJson({ arm: arm.name, input: input.shape, target, batch: task.batch, micro, own, depths: rows, refused })
  else print(...report(arm.name, task, own, rows, hyper, refused), ...noteOnSource(rule))
}

function samplesOf({ data, input, classes }: MeterFlags): Pick<Samples, 'input' | 'target'> {
  if (input === undefined) {
    if (classes !== undefined) throw new UsageError('--classes goes with --input: the data set has its own.')
    return findDataSet(data)
  }
  const shape = input.split(/[x×]/i).map(Number)
  if (!/^\d+([x×]\d+)*$/i.test(input) || shape.some((size) => size < 1))
    throw new UsageError(`--input takes the shape of an input, such as 1x28x28 or 13, not "${input}".`)
  return { input: { shape }, target: { kind: 'class', count: classes ?? 10 } }
}

function depthsOf(given: readonly string[] | undefined): number[] | undefined {
  if (given === undefined) return undefined
  const text = given.join()
  const depths = text.split(',').map(Number)
  if (depths.every((depth) => Number.isInteger(depth) && depth >= 1 && depth <= DEEPEST)) return depths
  throw new UsageError(`--depth takes numbers of layers from 1 to ${DEEPEST}, such as 1,8,64, not "${text}".`)
}

function report(
  name: string,
  { batch, input }: { readonly batch: number; readonly input: Samples['input'] },
  own: Metered,
  rows: readonly Metered[],
  hyper: Values,
  refused: string | undefined,
): string[] {
  const width = textWidth()
  const all = [own, ...rows]
  const cell = (size: number | undefined): string => (size === undefined ? '-' : bytes(size))
  const hasWays = all.some(({ backpropagation }) => backpropagation)
  const head = ['depth', 'parameters', 'weights', 'optimiser', 'joint', 'greedy']
  const ways = ['backprop', 'accumulated', 'checkpointed', 'segment']
  const lines = all.map(({ depth, parameters, parameterBytes, optimizerBytes, joint, greedy, backpropagation }, i) => [
    `${depth ?? '-'}${i === 0 && rows.length > 0 ? ' (own)' : ''}`,
    count(parameters),
    ...[parameterBytes, optimizerBytes, joint?.activationBytes, greedy?.activationBytes].map(cell),
    ...(hasWays
      ? [
          ...[backpropagation?.plain, backpropagation?.accumulated.bytes, backpropagation?.checkpointed.bytes].map(
            cell,
          ),
          `${backpropagation?.checkpointed.segment ?? '-'}`,
        ]
      : []),
  ])
  const micro = own.backpropagation?.accumulated.micro
  const units = hyper.units as readonly number[] | undefined
  const notes = [
    'joint, greedy: activations and derivatives at their peak, all layers at once, and one after the other.',
    ...(hasWays
      ? [
          `The columns from backprop on: backpropagation through the same layers, gradients included: the batch as a whole; in micro-batches of ${micro}, with the sums of the gradients; with checkpointing, in the segments (so many layers each) at which it takes least.`,
        ]
      : ['Backpropagation is not told beside it: the options of the rule do not describe its layers.']),
    ...(rows.length > 0 && units ? [`By depth: ${units.at(-1)} units (or channels) in each layer.`] : []),
    ...(own.notGreedy === undefined ? [] : [`Greedy: ${own.notGreedy}`]),
    ...(refused === undefined ? [] : [refused]),
  ]
  return [
    ...wrapText(`${name}, inputs ${input.shape.join('x')}, batches of ${batch}: counted over the graphs`, width),
    '',
    ...columns([hasWays ? [...head, ...ways] : head, ...lines], lines[0]!.map((_, i) => i).slice(1)),
    '',
    ...notes.flatMap((note) => wrapText(note, width)),
  ]
}
