import { UserError } from '../errors.js'
import { sameShape, show, sizeOf } from '../graph/types.js'
import { arrange, chooseTurned } from '../layout/index.js'
import type { Device } from '../onnx/emitter.js'
import { type OnnxProgram, type Port, ports, type StepGraph } from '../onnx/program.js'
import type { Engine } from './engine.js'
import { holdState, showState } from './held.js'
import { lowerInPlace, lowerStages, lowerWhole } from './lowered.js'
import type { Lowered } from './opened.js'
import { ARRAYS, type CompileOptions, type Program, type TensorData, type TensorRecord } from './program.js'
import type { StagedEngine } from './stages.js'
import { choose, isDecided, newTrial, observe } from './trial.js'

/** An engine, and whether it lives behind a message channel: arrays then reach it as copies, or are handed over. */
export interface Host {
  readonly engine: Engine
  readonly remote: boolean
  /** The same engine, where it can run stages at once. */
  readonly stages?: StagedEngine
  /** Whether z + c x in one pass rounds as a product and a sum here: else a run's bits would depend on the length of calls. */
  readonly inOnePass: boolean
}

interface Opened {
  readonly id: number
  readonly host: Host
  /** As its users know it. */
  readonly state: readonly Port[]
  readonly turned: ReadonlySet<string>
}

const opened = new WeakMap<Program, Opened>()
let nextId = 0

/** Lowers a step and opens it on the host; every call is checked here, before anything is handed over. */
export async function openProgram(
  host: Host,
  graph: StepGraph,
  { device, stateOf, stateFor = [graph] }: CompileOptions,
  threads: number,
): Promise<Program> {
  const { state } = ports(graph)
  const owner = stateOf && ownerOf(stateOf, host, device)
  if (owner) checkShared(owner.state, state)
  const turned = owner?.turned ?? (device === 'cpu' ? chooseTurned(stateFor) : new Set<string>())
  const inner = arrange(graph, turned)
  const shared = new Set(owner?.state.map(({ name }) => name))
  const id = nextId++
  const tryToOpen = async (lowered: Lowered): Promise<OnnxProgram | undefined> => {
    const request = { id, device, threads, ...lowered, ...(owner && { stateOf: owner.id }) }
    return (await host.engine.open(request)) ? lowered.program : undefined
  }
  const inPlace = device === 'cpu' ? await lowerInPlace(inner, threads) : undefined
  const whole =
    (inPlace && (await tryToOpen(inPlace))) ?? (await tryToOpen(await lowerWhole(inner, device, host.inOnePass)))!
  // The ways to run a step: as a whole and, once calls are long enough to compare, in stages.
  let trial = newTrial(host.stages && device === 'cpu' && threads > 1 ? 2 : 1)
  let areLowered = false
  let areOpen = false
  const inStages = nextId++

  let disposed = false
  const check = (): void => {
    if (disposed) throw new UserError('this program was disposed of: compile the step again')
  }
  const program: Program = {
    device,
    async load(given) {
      check()
      checkArrays('load: the state', state, given, undefined, shared)
      const own = holdState(given, state, turned)
      // A channel copies. Here, what was not turned would still be the caller's.
      if (!host.remote)
        for (const [name, data] of Object.entries(own)) if (data === given[name]) own[name] = data.slice()
      await host.engine.load(id, own)
    },
    async run(steps, batch) {
      check()
      if (!(Number.isSafeInteger(steps) && steps >= 1))
        throw new UserError(`run: the number of steps must be a whole number >= 1, got ${steps}`)
      checkArrays('run: the batch', whole.batch, batch, steps)
      const way = areOpen ? choose(trial) : 0
      const result = await host.engine.run(way === 0 ? id : inStages, steps, batch)
      trial = observe(trial, way, steps, result.seconds)
      if (!areLowered && choose(trial) === 1) {
        areLowered = true
        const stages = await lowerStages(inner, threads)
        if (!stages) trial = newTrial(1)
        areOpen = stages !== undefined && !disposed
        if (areOpen) host.stages!.openStages({ id: inStages, stateOf: id, stages: stages! }).catch(() => undefined)
      }
      if (areOpen && isDecided(trial) && choose(trial) === 0) {
        // The stages hold state of their own: let it go. Nobody waits for that; whatever follows comes after it.
        trial = newTrial(1)
        areOpen = false
        host.engine.close(inStages).catch(() => undefined)
      }
      return result
    },
    async read() {
      check()
      return showState(await host.engine.read(id), state, turned)
    },
    async dispose() {
      if (disposed) return
      disposed = true
      opened.delete(program)
      const closed = areOpen ? host.engine.close(inStages) : undefined
      await Promise.all([closed, host.engine.close(id)])
    },
  }
  opened.set(program, { id, host, state, turned })
  return program
}

/** A tensor given to a session of another device is read as garbage, without a word: refused here. */
function ownerOf(program: Program, host: Host, device: Device): Opened {
  const owner = opened.get(program)
  if (!owner) throw new UserError('stateOf: that program was disposed of, or was not made by compile')
  if (owner.host !== host || program.device !== device)
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
    if (!(data instanceof ARRAYS[dtype]) || data.length !== sizeOf(full))
      throw new UserError(`${what} ${name}: expected a ${wanted}; got a ${data.constructor.name} of ${data.length}`)
  }
  for (const name of Object.keys(given))
    if (!ports.some((port) => port.name === name))
      throw new UserError(
        `${what} holds ${name}, which the program does not have; it has ${ports.map((port) => port.name).join(', ') || 'nothing'}`,
      )
}
