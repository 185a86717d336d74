import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { lowerLoop, lowerStep } from '../src/onnx/index.js'
import { sessionOptions } from '../src/runtime/sessions.js'
import { splitStep } from '../src/update/index.js'
import type { RuleStep } from './rule-step.js'

/** One line of ONNX Runtime's profile; durations in microseconds. */
interface ProfileEvent {
  readonly cat: string
  readonly name: string
  readonly dur: number
  readonly args?: { readonly op_name?: string }
}

/** Parts of 1 by operation. */
type Shares = { readonly [operation: string]: number }

/** About so long a profile takes, in ms: a step with long loops has a line for each of a million nodes a second. */
const TIME = 500

/**
 * How the time of a step is shared out among ONNX's operations, by ONNX Runtime's own profiler: parts of 1, largest first.
 * Updates in place are not among them.
 */
export async function profileOf({ step, state, feed }: RuleStep, threads: number, ms: number): Promise<Shares> {
  const runs = Math.max(2, Math.round(TIME / (ms * step.span)))
  const folder = mkdtempSync(join(tmpdir(), 'onward-profile-'))
  try {
    const split = splitStep(step, threads)
    const model = split ? lowerStep(split.head, 'cpu') : lowerLoop(step, 'cpu')
    const session = await InferenceSession.create(model.bytes, {
      ...sessionOptions('cpu', threads),
      ...{ enableProfiling: true, profileFilePrefix: join(folder, 'step') },
    })
    const own = { ...state, steps: BigInt64Array.of(BigInt(runs)) }
    for (let run = 0; run < (split ? runs : 1); run++) {
      const given = { ...feed(split ? 1 : runs), ...own }
      const feeds = session.inputMetadata.map((input): [string, Tensor] => {
        if (!input.isTensor) throw new Error(`${input.name} is no tensor`)
        const { name, type, shape } = input
        // The one size without a number is that of the runs.
        const sizes = shape.map((size) => (typeof size === 'number' && size >= 0 ? size : runs))
        return [name, new Tensor(type, given[name as keyof typeof given] as never, sizes)]
      })
      await session.run(Object.fromEntries(feeds))
    }
    session.endProfiling()
    await session.release()
    const [file] = readdirSync(folder)
    return sharesOf(JSON.parse(readFileSync(join(folder, file!), 'utf8')))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function sharesOf(events: readonly ProfileEvent[]): Shares {
  const sums = new Map<string, number>()
  for (const { cat, name, dur, args } of events) {
    const operation = args?.op_name
    if (cat !== 'Node' || !name.endsWith('_kernel_time') || !operation || operation === 'Loop') continue
    sums.set(operation, (sums.get(operation) ?? 0) + dur)
  }
  const all = [...sums.values()].reduce((a, b) => a + b, 0)
  return Object.fromEntries([...sums].sort(([, a], [, b]) => b - a).map(([name, sum]) => [name, sum / all]))
}
