import type { InferenceSession } from 'onnxruntime-common'
import { UserError } from '../errors.js'
import type { DType } from '../graph/types.js'
import { blockOf } from './block.js'
import { directOutputs } from './direct-outputs.js'
import { onDevice } from './execute/gpu.js'
import { inPlace } from './execute/in-place.js'
import { loop } from './execute/loop.js'
import type { RunResult, TensorData, TensorRecord } from './program.js'
import type { Engine, OpenRequest } from './protocol.js'
import { sameBits } from './same-bits.js'
import { Sessions, type Shared, sessionOptions } from './sessions.js'
import { dataOf, type Execute, loaded, type Ort, type Running, replace } from './slots.js'

type Outputs = InferenceSession.SessionOptions['preferredOutputLocation']

interface Opened extends Running {
  readonly used: readonly Shared[]
  readonly execute: Execute
  /** On graphics cards: the sums of the float32 state, and what copies an element type to the card and back. */
  readonly sums: InferenceSession | undefined
  readonly copies: ReadonlyMap<DType, { readonly up: InferenceSession; readonly down: InferenceSession }>
}

export function createEngine(ort: Ort): Engine {
  const opened = new Map<number, Opened>()
  const sessions = new Sessions(ort)

  async function open(request: OpenRequest): Promise<boolean> {
    const { id, device, threads, program, onCard, inPlace: wanted, stateOf } = request
    const owner = stateOf === undefined ? undefined : opened.get(stateOf)
    if (stateOf !== undefined && !owner) throw new UserError('stateOf: that program was disposed of')
    const slots = new Map(
      program.state.map(({ name }) => [name, owner?.slots.get(name) ?? { tensor: undefined, users: 0 }]),
    )
    const stop = wanted && (await directOutputs(ort))
    const own = wanted && stop !== undefined ? inPlace(ort, program, slots, wanted, stop) : undefined
    if (wanted && !own) return false
    const used: Shared[] = []
    const session = (bytes: Uint8Array, outputs?: Outputs): Promise<InferenceSession> => {
      const location = outputs && { preferredOutputLocation: outputs }
      return sessions.acquire(bytes, { ...sessionOptions(device, threads), ...location }, used)
    }
    try {
      const places = Object.fromEntries([
        ...program.state.filter(({ changes }) => changes).map(({ name }) => [`out.${name}`, 'gpu-buffer'] as const),
        ...program.metrics.map(({ name }) => [`metric.${name}`, 'cpu'] as const),
      ])
      const step = await session(program.bytes, onCard && places)
      const sums = onCard?.sums && (await session(onCard.sums))
      const copies = new Map<DType, { up: InferenceSession; down: InferenceSession }>()
      for (const [dtype, bytes] of onCard?.identities ?? [])
        copies.set(dtype, { up: await session(bytes, 'gpu-buffer'), down: await session(bytes) })
      for (const slot of slots.values()) slot.users++
      const running = { ort, program, slots, step }
      const execute = own?.(step) ?? (onCard ? onDevice(running) : loop(running))
      opened.set(id, { ...running, used, execute, sums, copies })
      return true
    } catch (error) {
      await sessions.release(used)
      throw error
    }
  }

  async function load(id: number, state: TensorRecord): Promise<void> {
    const { program, slots, copies } = opened.get(id)!
    for (const { name, dtype, shape } of program.state) {
      const data = state[name]
      if (!data) continue
      const tensor = new ort.Tensor(dtype, data.slice(), shape)
      const copied = await copies.get(dtype)?.up.run({ x: tensor })
      replace(slots.get(name)!, copied?.y ?? tensor)
    }
  }

  async function run(id: number, steps: number, batch: TensorRecord): Promise<RunResult> {
    const own = opened.get(id)!
    const start = performance.now()
    const metrics = await own.execute(steps, batch)
    const broken = await notFinite(own)
    return { metrics, seconds: (performance.now() - start) / 1000, notFinite: broken }
  }

  async function read(id: number): Promise<TensorRecord> {
    const { program, slots, copies } = opened.get(id)!
    const state: TensorRecord = {}
    for (const { name, dtype } of program.state) {
      const tensor = loaded(slots, name)
      const copied = await copies.get(dtype)?.down.run({ x: tensor })
      state[name] = copied ? dataOf(copied.y!) : dataOf(tensor).slice()
    }
    return state
  }

  async function close(id: number, keep = true): Promise<void> {
    const own = opened.get(id)
    if (!own) return
    opened.delete(id)
    for (const slot of own.slots.values()) if (--slot.users === 0) replace(slot, undefined)
    await sessions.release(own.used, keep)
  }

  return inOrder({ open, load, run, read, close, compare: (...x) => sameBits(ort, ...x), block: () => blockOf(ort) })
}

/** The float32 state that holds a number that is not finite; on graphics cards, whose sum is not. */
async function notFinite({ program, slots, sums }: Opened): Promise<string[]> {
  const floats = program.state.filter(({ dtype }) => dtype === 'float32').map(({ name }) => name)
  const state = Object.fromEntries(floats.map((name) => [name, loaded(slots, name)]))
  const summed = await sums?.run(state)
  return floats.filter((name) => !areFinite(dataOf(summed?.[`sum.${name}`] ?? state[name]!)))
}

/**
 * By sums of products with zero, which only numbers that are not finite change: states of many millions are looked at.
 */
function areFinite(numbers: TensorData): boolean {
  let [a, b, c, d] = [0, 0, 0, 0]
  const end = numbers.length - (numbers.length % 4)
  for (let i = 0; i < end; i += 4) {
    a += numbers[i]! * 0
    b += numbers[i + 1]! * 0
    c += numbers[i + 2]! * 0
    d += numbers[i + 3]! * 0
  }
  for (let i = end; i < numbers.length; i++) a += numbers[i]! * 0
  return a + b + c + d === 0
}

/** Each request waits for the one before it, failed or not. */
function inOrder(engine: Engine): Engine {
  let last: Promise<unknown> = Promise.resolve()
  const queued = Object.entries(engine).map(([name, method]) => [
    name,
    (...args: unknown[]) => {
      const result = last.then(() => method(...args))
      last = result.catch(() => undefined)
      return result
    },
  ])
  return Object.fromEntries(queued) as Engine
}
