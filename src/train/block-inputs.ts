import type { Split } from '../data/index.js'
import { UserError } from '../errors.js'
import { checkOptions } from '../options/index.js'
import { blockInputsGraph } from '../rules/block-inputs.js'
import type { AnyRule } from '../rules/contract.js'
import { traceRule } from '../rules/trace.js'
import { type Checkpoint, checkState, statePorts, stateRecord } from './checkpoint.js'
import type { Platform } from './platform.js'
import { predictor, scoresOf } from './score.js'
import { taskOf } from './traced-plan.js'

/** What a part of a network is fed. */
export interface BlockInputs {
  /** The block that is fed; `input`: the samples themselves; `scores`: what the network says. */
  readonly name: string
  /** Numbers of each sample. */
  readonly size: number
  /** [count, size]. */
  readonly values: Float32Array
}

/**
 * What the blocks of a trained network are fed while it says something of samples; see `rules/block-inputs.ts`. Of more
 * than `most` blocks so many are taken, spread over all.
 */
export async function blockInputsOf(
  rule: AnyRule,
  checkpoint: Checkpoint,
  split: Split,
  platform: Platform,
  { where, most = Number.POSITIVE_INFINITY }: { readonly where: string; readonly most?: number },
): Promise<BlockInputs[]> {
  const { settings, samples, state } = checkpoint
  const { device, threads, batch, seed } = settings.options
  if (checkpoint.rule !== rule.id) throw new UserError(`${where} was trained by ${checkpoint.rule}, not by ${rule.id}`)
  const hyper = checkOptions(rule.hyper, settings.hyper, rule.id)
  const task = await taskOf(samples, settings.options, platform)
  const whole = blockInputsGraph(rule, traceRule(rule, task, hyper), task, hyper)
  const graph = { ...whole, metrics: spread(whole.metrics, most) }
  checkState(statePorts(graph), state, where)
  const program = await platform.compile(graph, { device, ...(threads !== undefined && { threads }) })
  try {
    await program.load(stateRecord(state))
    const found = graph.metrics.map(({ name, output }): BlockInputs => {
      const size = output.shape[1]!
      return { name, size, values: new Float32Array(split.count * size) }
    })
    const own = predictor({ program, inputs: graph.batch, batch, samples, seed })
    for await (const { first, rows, outputs } of scoresOf(own, split))
      for (const { name, size, values } of found) values.set(outputs[name]!.subarray(0, rows * size), first * size)
    return found
  } finally {
    await program.dispose()
  }
}

/** At most so many of a list, the first and the last among them. */
function spread<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list
  const places = Array.from({ length: most }, (_, i) => Math.round((i * (list.length - 1)) / (most - 1)))
  return places.map((place) => list[place]!)
}
