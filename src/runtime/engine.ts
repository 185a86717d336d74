import { UserError } from '../errors.js'
import type { Port } from '../onnx/program.js'
import { directOutputs } from './direct-outputs.js'
import { onDevice } from './execute/gpu.js'
import { inPlace, inPlaceState } from './execute/in-place.js'
import { loop } from './execute/loop.js'
import type { RunResult, TensorRecord } from './program.js'
import type { Engine, OpenRequest } from './protocol.js'
import { sameBits } from './same-bits.js'
import { Sessions } from './sessions.js'
import { dataOf, type Execute, loaded, type Ort, type Running, replace } from './slots.js'

interface Opened extends Running {
  readonly sessionKeys: readonly string[]
  readonly execute: Execute
  readonly uploads: Partial<Record<Port['dtype'], Running['step']>>
  readonly downloads: Partial<Record<Port['dtype'], Running['step']>>
}

export function createEngine(ort: Ort): Engine {
  const opened = new Map<number, Opened>()
  const sessions = new Sessions(ort)

  async function open(request: OpenRequest): Promise<boolean> {
    const { id, device, program, sums, identities = {}, inPlace: wanted, stateOf } = request
    const owner = stateOf === undefined ? undefined : opened.get(stateOf)
    if (stateOf !== undefined && !owner) throw new UserError('stateOf: that program was disposed of')
    const slots = new Map(
      program.state.map(({ name }) => [name, owner?.slots.get(name) ?? { tensor: undefined, users: 0 }]),
    )
    const stop = wanted && (await directOutputs(ort))
    const own = wanted && stop !== undefined ? inPlaceState(ort, program, slots, wanted.kernel) : undefined
    if (wanted && !own) return false
    const sessionKeys: string[] = []
    try {
      const places = Object.fromEntries([
        ...program.state.filter(({ changes }) => changes).map(({ name }) => [`out.${name}`, 'gpu-buffer'] as const),
        ...program.metrics.map(({ name }) => [`metric.${name}`, 'cpu'] as const),
      ])
      const outputs = device === 'webgpu' ? places : undefined
      const step = await sessions.acquire(request, 'step', program.bytes, sessionKeys, outputs)
      const sum = sums && (await sessions.acquire(request, 'sum', sums, sessionKeys))
      const uploads: Opened['uploads'] = {}
      const downloads: Opened['downloads'] = {}
      for (const [dtype, bytes] of Object.entries(identities) as [Port['dtype'], Uint8Array][]) {
        const copy = { ...request, key: dtype }
        uploads[dtype] = await sessions.acquire(copy, 'upload', bytes, sessionKeys, 'gpu-buffer')
        downloads[dtype] = await sessions.acquire(copy, 'download', bytes, sessionKeys)
      }
      for (const slot of slots.values()) slot.users++
      const running = { ort, program, slots, step }
      const execute = own
        ? inPlace(running, sum, own, wanted!.reads, stop!)
        : program.looped
          ? loop(running)
          : onDevice(running, sum)
      opened.set(id, { ...running, sessionKeys, execute, uploads, downloads })
      return true
    } catch (error) {
      await sessions.forget(sessionKeys)
      throw error
    }
  }

  async function load(id: number, state: TensorRecord): Promise<void> {
    const { program, slots, uploads } = opened.get(id)!
    for (const { name, dtype, shape } of program.state) {
      const data = state[name]
      if (!data) continue
      const tensor = new ort.Tensor(dtype, data, shape)
      const upload = uploads[dtype]
      replace(slots.get(name)!, upload ? (await upload.run({ x: tensor })).y! : tensor)
    }
  }

  async function run(id: number, steps: number, batch: TensorRecord): Promise<RunResult> {
    const { execute } = opened.get(id)!
    const start = performance.now()
    const { metrics, sums } = await execute(steps, batch)
    const seconds = (performance.now() - start) / 1000
    return { metrics, seconds, notFinite: Object.keys(sums).filter((name) => !Number.isFinite(sums[name])) }
  }

  async function read(id: number): Promise<TensorRecord> {
    const { program, slots, downloads } = opened.get(id)!
    const state: TensorRecord = {}
    for (const { name, dtype } of program.state) {
      const tensor = loaded(slots, name)
      const download = downloads[dtype]
      state[name] = download ? dataOf((await download.run({ x: tensor })).y!) : dataOf(tensor).slice()
    }
    return state
  }

  async function close(id: number): Promise<void> {
    const own = opened.get(id)
    if (!own) return
    opened.delete(id)
    for (const slot of own.slots.values()) if (--slot.users === 0) replace(slot, undefined)
    await sessions.release(own.sessionKeys)
  }

  return inOrder({ open, load, run, read, close, compare: (request) => sameBits(ort, request) })
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
