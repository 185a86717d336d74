import { UserError } from '../errors.js'
import { sameShape, show, sizeOf } from '../graph/types.js'
import type { Device } from '../onnx/emitter.js'
import { type Port, ports, type StepGraph } from '../onnx/program.js'
import { isTyped, kindOfObject } from '../typed-arrays.js'
import { openStep } from './lowered.js'
import { ARRAYS, type CompileOptions, type Program, type TensorData, type TensorRecord } from './program.js'
import type { Engine } from './protocol.js'
import { chooseThreads } from './threads.js'

interface Opened {
  readonly id: number
  readonly engine: Engine
  readonly state: readonly Port[]
}

const opened = new WeakMap<Program, Opened>()
let nextId = 0

/**
 * Lowers a step and opens it on an engine; every call is checked here, before anything is handed over. `adapt`: one
 * thread is used where that is faster, and gives the same bits.
 */
export async function openProgram(
  engine: Engine,
  graph: StepGraph,
  { device, stateOf }: CompileOptions,
  threads: number,
  adapt = false,
): Promise<Program> {
  const { state, batch: inputs } = ports(graph)
  const owner = stateOf && ownerOf(stateOf, engine, device)
  if (owner) checkShared(owner.state, state)
  const shared = new Set(owner?.state.map(({ name }) => name))
  const id = nextId++
  await openStep(engine, graph, { id, device, threads, ...(owner && { stateOf: owner.id }) })
  const atOnce = state.some(({ changes }) => changes)
  const choice =
    adapt && device === 'cpu' && threads > 1
      ? chooseThreads(engine, graph, { id, other: nextId++, threads, atOnce })
      : undefined

  let disposed = false
  const check = (): void => {
    if (disposed) throw new UserError('this program was disposed of: compile the step again')
  }
  const program: Program = {
    device,
    async load(given) {
      check()
      checkArrays('load: the state', state, given, undefined, shared)
      await engine.load(id, given)
    },
    async run(steps, batch) {
      check()
      if (!(Number.isSafeInteger(steps) && steps >= 1))
        throw new UserError(`run: the number of steps must be a whole number >= 1, got ${steps}`)
      checkArrays('run: the batch', inputs, batch, steps)
      const used = choice?.next() ?? id
      const result = await engine.run(used, steps, batch)
      choice?.observe(used, steps, result.seconds)
      return result
    },
    isComparing: () => choice?.isComparing() ?? false,
    async read() {
      check()
      return await engine.read(id)
    },
    async dispose(keep = true) {
      if (disposed) return
      disposed = true
      opened.delete(program)
      await Promise.all([choice?.close(), engine.close(id, keep)])
    },
  }
  opened.set(program, { id, engine, state })
  return program
}

/** A tensor given to a session of another device is read as garbage, without a word: refused here. */
function ownerOf(program: Program, engine: Engine, device: Device): Opened {
  const owner = opened.get(program)
  if (!owner) throw new UserError('stateOf: that program was disposed of, or was not made by compile')
  if (owner.engine !== engine || program.device !== device)
    throw new UserError(
      `stateOf: the state lies on ${program.device} and cannot be shared with a program on ${device}` +
        (program.device === device ? ' in another thread' : ''),
    )
  return owner
}

function checkShared(there: readonly Port[], here: readonly Port[]): void {
  for (const { name, dtype, shape } of there) {
    const port = here.find((own) => own.name === name)
    if (port && (port.dtype !== dtype || !sameShape(port.shape, shape)))
      throw new UserError(
        `stateOf: the state ${name} is ${dtype} ${show(shape)} there and ${port.dtype} ${show(port.shape)} here`,
      )
  }
}

/** Names, types and lengths. `steps`: the arrays are stacked; `optional`: names that may be missing. */
function checkArrays(
  what: string,
  ports: readonly Port[],
  given: TensorRecord,
  steps?: number,
  optional?: ReadonlySet<string>,
): void {
  for (const { name, dtype, shape } of ports) {
    const data: TensorData | undefined = given[name]
    const full = steps === undefined ? shape : [steps, ...shape]
    const wanted = `${ARRAYS[dtype].name} of ${sizeOf(full)} numbers, ${show(full)}`
    if (!data && optional?.has(name)) continue
    if (!data) throw new UserError(`${what} lacks ${name}: expected a ${wanted}`)
    if (!isTyped(data, ARRAYS[dtype].name) || data.length !== sizeOf(full))
      throw new UserError(`${what} ${name}: expected a ${wanted}; got a ${kindOfObject(data)} of ${data.length}`)
  }
  for (const name of Object.keys(given))
    if (!ports.some((port) => port.name === name))
      throw new UserError(
        `${what} holds ${name}, which the program does not have; ` +
          `it has ${ports.map((port) => port.name).join(', ') || 'nothing'}`,
      )
}
