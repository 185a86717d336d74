import { compile } from '../../src/runtime/compile.browser.js'
import type { CompileOptions } from '../../src/runtime/program.js'
import { batches, initialState, network, part } from './network.js'
import { lastEpoch } from './training.js'

// Bundled for browsers by browser.test.ts, with the library's index: functions called by name.

export interface PageResult {
  readonly state: Record<string, number[]>
  readonly metrics: Record<string, number[]>
}

const plain = (record: Record<string, ArrayLike<number>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(record).map(([name, data]) => [name, Array.from(data)]))

async function trainNetwork(options: CompileOptions, runtimeFolder: string): Promise<PageResult> {
  const graph = network(16, [40, 30, 5])
  const program = await compile(graph, { ...options, runtimeFolder })
  await program.load(initialState(graph))
  const { metrics } = await program.run(5, part(graph, batches(graph, 5), 0, 5))
  const state = await program.read()
  await program.dispose()
  return { state: plain(state), metrics: plain(metrics) }
}

/** A training by the library's own loop. */
const trainRule = (options: CompileOptions, runtimeFolder: string): Promise<Record<string, number>> =>
  lastEpoch({ compile: (graph, own) => compile(graph, { ...own, ...options, runtimeFolder }) })

Object.assign(globalThis, { trainNetwork, trainRule })
