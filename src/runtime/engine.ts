import type { InferenceSession, Tensor } from 'onnxruntime-common'
import { UserError } from '../errors.js'
import type { Device } from '../onnx/emitter.js'
import type { Port } from '../onnx/program.js'
import { openInPlace, runInPlace } from './in-place.js'
import { type Cell, dataOf, loaded, type Opened, type OpenRequest, type Ort } from './opened.js'
import type { RunResult, TensorRecord } from './program.js'

/**
 * Holds sessions and state, in whatever thread the computing happens. Requests are answered in order. Arrays handed in
 * are the engine's from then on, those handed out the caller's.
 */
export interface Engine {
  /** False, and nothing is open, if it is to end its steps in place and this machine cannot. */
  open(request: OpenRequest): Promise<boolean>
  load(id: number, state: TensorRecord): Promise<void>
  run(id: number, steps: number, batch: TensorRecord): Promise<RunResult>
  /** All of the state, or what has these names. */
  read(id: number, names?: readonly string[]): Promise<TensorRecord>
  close(id: number): Promise<void>
}

interface Cached {
  readonly session: Promise<InferenceSession>
  users: number
}

/** Sessions that no program uses are kept, so that compiling the same graph again costs nothing; not without end. */
const KEPT_SESSIONS = 8

export function createEngine(ort: Ort): Engine {
  const opened = new Map<number, Opened>()
  const sessions = new Map<string, Cached>()

  async function acquire(
    { key, device, threads }: OpenRequest,
    role: string,
    bytes: Uint8Array,
    keys: string[],
    outputs?: 'gpu-buffer' | Record<string, 'gpu-buffer' | 'cpu'>,
  ): Promise<InferenceSession> {
    const full = `${key} ${role} ${device} ${threads}`
    const cached = sessions.get(full) ?? { session: create(ort, bytes, device, threads, outputs), users: 0 }
    sessions.delete(full)
    sessions.set(full, cached) // the last one used comes last
    cached.users++
    keys.push(full)
    return await cached.session
  }

  async function release(keys: readonly string[]): Promise<void> {
    for (const key of keys) sessions.get(key)!.users--
    const idle = [...sessions].filter(([, { users }]) => users === 0)
    for (const [key, { session }] of idle.slice(0, Math.max(0, idle.length - KEPT_SESSIONS))) {
      sessions.delete(key)
      await session.then(
        (own) => own.release(),
        () => undefined,
      )
    }
  }

  async function open(request: OpenRequest): Promise<boolean> {
    const { id, device, program, sums, identities = {}, inPlace: wanted, stateOf } = request
    const owner = stateOf === undefined ? undefined : opened.get(stateOf)
    if (stateOf !== undefined && !owner) throw new UserError('stateOf: that program was disposed of')
    const cells = new Map(
      program.state.map(({ name }) => [name, owner?.cells.get(name) ?? { tensor: undefined, users: 0 }]),
    )
    const inPlace = wanted && openInPlace(ort, program, cells, wanted.kernel)
    if (wanted && !inPlace) return false
    const keys: string[] = []
    try {
      const onDevice = Object.fromEntries([
        ...program.state.filter(({ changes }) => changes).map(({ name }) => [`out.${name}`, 'gpu-buffer'] as const),
        ...program.metrics.map(({ name }) => [`metric.${name}`, 'cpu'] as const),
      ])
      const step = await acquire(request, 'step', program.bytes, keys, device === 'webgpu' ? onDevice : undefined)
      const sum = sums && (await acquire(request, 'sum', sums, keys))
      const uploads: Opened['uploads'] = {}
      const downloads: Opened['downloads'] = {}
      for (const [dtype, bytes] of Object.entries(identities) as [Port['dtype'], Uint8Array][]) {
        const copy = { ...request, key: dtype }
        uploads[dtype] = await acquire(copy, 'upload', bytes, keys, 'gpu-buffer')
        downloads[dtype] = await acquire(copy, 'download', bytes, keys)
      }
      for (const cell of cells.values()) cell.users++
      const ends = inPlace && { inPlace, reads: wanted.reads }
      opened.set(id, { ...request, cells, sessionKeys: keys, step, sum, ends, uploads, downloads })
      return true
    } catch (error) {
      for (const key of keys) {
        const cached = sessions.get(key)!
        if (
          await cached.session.then(
            () => false,
            () => true,
          )
        )
          sessions.delete(key)
        else cached.users--
      }
      throw error
    }
  }

  async function load(id: number, state: TensorRecord): Promise<void> {
    const { program, cells, uploads } = opened.get(id)!
    for (const { name, dtype, shape } of program.state) {
      const data = state[name]
      if (!data) continue
      const tensor = new ort.Tensor(dtype, data, shape)
      const upload = uploads[dtype]
      const cell = cells.get(name)!
      replace(cell, upload ? (await upload.run({ x: tensor })).y! : tensor)
    }
  }

  async function run(id: number, steps: number, batch: TensorRecord): Promise<RunResult> {
    const own = opened.get(id)!
    const start = performance.now()
    const { metrics, sums } = await (own.program.looped ? runLoop : runSteps)(ort, own, steps, batch)
    const seconds = (performance.now() - start) / 1000
    const notFinite = Object.keys(sums).filter((name) => !Number.isFinite(sums[name]))
    return { metrics, seconds, notFinite }
  }

  async function read(id: number, names?: readonly string[]): Promise<TensorRecord> {
    const { program, cells, downloads } = opened.get(id)!
    const state: TensorRecord = {}
    for (const { name, dtype } of program.state) {
      if (names && !names.includes(name)) continue
      const tensor = loaded(cells, name)
      const download = downloads[dtype]
      state[name] = download ? dataOf((await download.run({ x: tensor })).y!) : dataOf(tensor).slice()
    }
    return state
  }

  async function close(id: number): Promise<void> {
    const own = opened.get(id)
    if (!own) return
    opened.delete(id)
    for (const cell of own.cells.values()) if (--cell.users === 0) replace(cell, undefined)
    await release(own.sessionKeys)
  }

  return inOrder({ open, load, run, read, close })
}

/** One call of the loop: the state goes in and comes back once. */
async function runLoop(ort: Ort, { program, cells, step }: Opened, steps: number, batch: TensorRecord) {
  const feeds: Record<string, Tensor> = { steps: new ort.Tensor('int64', BigInt64Array.of(BigInt(steps)), []) }
  for (const { name } of program.state) feeds[name] = loaded(cells, name)
  for (const { name, dtype, shape } of program.batch)
    feeds[name] = new ort.Tensor(dtype, batch[name]!, [steps, ...shape])
  const outputs = await step.run(feeds)
  for (const { name, changes } of program.state) if (changes) replace(cells.get(name)!, outputs[`out.${name}`])
  const metrics = Object.fromEntries(program.metrics.map(({ name }) => [name, dataOf(outputs[`metric.${name}`]!)]))
  const floats = program.state.filter(({ dtype }) => dtype === 'float32')
  return { metrics, sums: Object.fromEntries(floats.map(({ name }) => [name, first(outputs[`sum.${name}`]!)])) }
}

/** One call a step, and then the sums. In place, a call that fails leaves the state as it was. */
async function runSteps(ort: Ort, own: Opened, steps: number, batch: TensorRecord) {
  const { program, cells, sum, ends } = own
  ends?.inPlace.enter()
  try {
    const metrics = await (ends ? runInPlace(ort, own, ends, steps, batch) : runOnDevice(ort, own, steps, batch))
    const floats = program.state.filter(({ dtype }) => dtype === 'float32')
    const sums = sum && (await sum.run(Object.fromEntries(floats.map(({ name }) => [name, loaded(cells, name)]))))
    return {
      metrics,
      sums: sums ? Object.fromEntries(floats.map(({ name }) => [name, first(sums[`sum.${name}`]!)])) : {},
    }
  } catch (error) {
    ends?.inPlace.restore()
    throw error
  }
}

/** The state never leaves the device, and is let go as soon as the next one is there. */
async function runOnDevice(ort: Ort, { program, cells, step }: Opened, steps: number, batch: TensorRecord) {
  const metrics: TensorRecord = {}
  for (let k = 0; k < steps; k++) {
    const feeds: Record<string, Tensor> = {}
    for (const { name } of program.state) feeds[name] = loaded(cells, name)
    for (const { name, dtype, shape } of program.batch) {
      const size = batch[name]!.length / steps
      feeds[name] = new ort.Tensor(dtype, batch[name]!.subarray(k * size, (k + 1) * size), shape)
    }
    const outputs = await step.run(feeds)
    for (const { name, changes } of program.state) if (changes) replace(cells.get(name)!, outputs[`out.${name}`])
    for (const { name } of program.metrics) {
      const data = dataOf(outputs[`metric.${name}`]!)
      metrics[name] ??= new (data.constructor as Float32ArrayConstructor)(data.length * steps)
      metrics[name].set(data, k * data.length)
    }
  }
  return metrics
}

const first = (tensor: Tensor): number => dataOf(tensor)[0]!

/** Buffers of a GPU are not collected: each must be let go by hand. */
function replace(cell: Cell, tensor: Tensor | undefined): void {
  if (cell.tensor?.location === 'gpu-buffer') cell.tensor.dispose()
  cell.tensor = tensor
}

async function create(
  ort: Ort,
  bytes: Uint8Array,
  device: Device,
  threads: number,
  outputs: 'gpu-buffer' | Record<string, 'gpu-buffer' | 'cpu'> | undefined,
): Promise<InferenceSession> {
  const location = outputs && { preferredOutputLocation: outputs }
  return await ort.InferenceSession.create(bytes, { ...sessionOptions(device, threads), ...location })
}

/** How every session computes. */
export const sessionOptions = (device: Device, threads: number): InferenceSession.SessionOptions => ({
  executionProviders: [device],
  graphOptimizationLevel: 'all',
  intraOpNumThreads: threads,
  logSeverityLevel: 4,
  // Numbers in the denormal range make a step several times slower. The process's first session also sets this for
  // the thread that made it, JavaScript's numbers there included: a reason to compute in a worker.
  extra: {
    'session.set_denormal_as_zero': '1',
    // Between calls the threads sleep: spinning on, they would take some 30 ms of each core from whoever makes batches.
    'session.force_spinning_stop': '1',
    // Of these fusions three undo on the CPU what the lowering chose for speed: a transposition of its own, a factor per
    // row. The last two take what follows a product into it, and round otherwise than the one after the other: a run's
    // bits would depend on where its steps are cut, in place or in stages.
    'optimization.disable_specified_optimizers':
      'GemmTransposeFusion;MatmulTransposeFusion;DivMulFusion;MatMulScaleFusion;MatMulAddFusion',
  },
})

/** Each request waits for the one before it, failed or not. */
export function inOrder<E extends Engine>(engine: E): E {
  let last: Promise<unknown> = Promise.resolve()
  const queued = Object.entries(engine).map(([name, method]) => [
    name,
    (...args: unknown[]) => {
      const result = last.then(() => method(...args))
      last = result.catch(() => undefined)
      return result
    },
  ])
  return Object.fromEntries(queued) as E
}
