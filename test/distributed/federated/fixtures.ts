import { type Learner, takePart } from '../../../src/distributed/federated/client/client.js'
import { systemClock } from '../../../src/distributed/federated/clock.js'
import type { Travelling } from '../../../src/distributed/federated/layout.js'
import type { CoordinatorConfig, CoordinatorEvent } from '../../../src/distributed/federated/round/config.js'
import { coordinate } from '../../../src/distributed/federated/round/coordinator.js'
import { deltaTensors } from '../../../src/distributed/federated/wire/upload.js'
import { federatedWork, type WorkOptions } from '../../../src/distributed/federated/work.js'
import { memoryEngine } from '../../../src/distributed/memory.js'
import type { Transport } from '../../../src/distributed/transport.js'
import { stream } from '../../../src/random/stream.js'

export const LAYOUT: readonly Travelling[] = [
  { name: 'layers.0.weight', shape: [3, 4], block: 'layer 0' },
  { name: 'layers.1.weight', shape: [4, 2], block: 'layer 1' },
  { name: 'layers.1.bias', shape: [2], block: 'layer 1' },
]
const SIZE = 22

/** Numbers that client, turn and model determine: what a client would learn. */
export function deltaFrom(client: string, turn: number): Float32Array {
  const delta = new Float32Array(SIZE)
  stream(5, turn, client).normal(delta)
  return delta
}

/** A client that learns numbers out of nothing. */
export const plainLearner = (
  client: string,
  change: (delta: Float32Array) => Float32Array = (delta) => delta,
): Learner => ({
  samples: 100 + client.length,
  seconds: 0.05,
  async learn(turn, round, model) {
    const delta = deltaFrom(client, turn).map((value, i) => value + 0.1 * model['layers.0.weight']![i % 12]!)
    return {
      tensors: deltaTensors(LAYOUT, change(delta), 32, { missing: new Map(), random: stream(0, round, client) }),
      loss: turn,
    }
  },
})

export const learnTurns = (count: number): WorkOptions['turns'] =>
  Array.from({ length: count }, (_, epoch) => ({
    kind: 'learn',
    at: { phase: 0, epoch, between: 0, batch: 0 },
    steps: 1,
  }))

export const workOf = (more: Partial<WorkOptions> = {}) =>
  federatedWork({
    ...{ turns: learnTurns(3), layout: LAYOUT, blocks: ['layer 0', 'layer 1'], aggregate: 'mean' },
    ...{ aggregateOptions: { trim: 0.2 }, secret: (round) => stream(9, round, 'secret') },
    ...more,
  })

export const names = (count: number): string[] => Array.from({ length: count }, (_, k) => `client-${k}`)

export const configOf = (transport: Transport, more: Partial<CoordinatorConfig> = {}): CoordinatorConfig => ({
  ...{ transport, run: 'run', holder: 'first', clients: names(4), work: workOf(), layout: LAYOUT, patient: true },
  initial: async () =>
    Object.fromEntries(LAYOUT.map(({ name, shape }) => [name, new Float32Array(shape.reduce((a, b) => a * b))])),
  ...{ rule: 'mean', seed: 0, clock: systemClock, poll: 2, signal: new AbortController().signal },
  ...more,
})

/** Starts clients; the promise ends when all of them have. */
export async function clientsOf(
  connect: () => Transport,
  config: CoordinatorConfig,
  signal: AbortSignal,
  learner: (client: string) => Learner = plainLearner,
): Promise<void> {
  await Promise.all(
    config.clients.map(async (client) => {
      const transport = connect()
      await takePart({
        ...{ transport, run: config.run, client, learner: learner(client), clients: config.clients.length },
        ...{ clock: systemClock, poll: 2, signal },
      })
    }),
  )
}

export async function collected(events: AsyncIterable<CoordinatorEvent>): Promise<CoordinatorEvent[]> {
  const all: CoordinatorEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

/** A whole run in memory; returns the events and the models' hashes. */
export async function wholeRun(more: Partial<CoordinatorConfig> = {}, learner?: (client: string) => Learner) {
  const engine = memoryEngine()
  const config = configOf(engine.connect(), more)
  const end = new AbortController()
  const clients = clientsOf(engine.connect, config, end.signal, learner)
  const events = await collected(coordinate(config)).finally(() => end.abort())
  await clients
  const models = events.flatMap((event) => (event.event === 'published' ? [event.model] : []))
  return { engine, config, events, models }
}
