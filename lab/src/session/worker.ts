import { compile } from '../../../src/runtime/compile.browser.js'
import { answerCalls } from './calls.js'
import { dataSource } from './data.js'
import { describe } from './describe.js'
import { type Learner, openLearner } from './learner.js'
import type { Orders, Wanted } from './protocol.js'
import { ruleOf } from './wanted.js'

// The worker in which everything of Onward happens: tracing, certificates, training. The page only draws.

const base = new URL('.', self.location.href).href

answerCalls((tell) => {
  const data = dataSource(base)
  let learner: Learner | undefined
  const open = async (wanted: Wanted) => {
    await learner?.pause()
    await learner?.close()
    learner = undefined
    learner = await openLearner(wanted, ruleOf(wanted), await data(wanted.data), platform(), tell)
    return learner.opened
  }
  const now = (): Learner => {
    if (!learner) throw new Error('Nothing is being trained yet.')
    return learner
  }
  const orders: { [K in keyof Orders]: (...given: Parameters<Orders[K]>) => unknown } = {
    describe: (wanted) => describe(wanted),
    open,
    run: () => now().run(),
    pause: () => now().pause(),
    step: () => now().step(),
    reset: () => now().reset(),
    look: () => now().look(),
    say: (drawing) => now().say(drawing),
    draw: (name) => now().draw(name),
    samples: (count) => now().samples(count),
    checkpoint: () => now().checkpoint(),
    onnx: () => now().onnx(),
  }
  return orders
})

/** Small networks gain nothing from more. */
const MOST_THREADS = 4
const threads = self.crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1

/** ONNX Runtime works in this worker itself; on more threads where the page is isolated. */
const platform = () => ({
  compile: (graph: Parameters<typeof compile>[0], options: Parameters<typeof compile>[1]) =>
    compile(graph, { ...options, device: 'wasm' as const, threads, worker: false, runtimeFolder: `${base}runtime/` }),
})
