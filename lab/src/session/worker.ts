import { importRule, placed } from '../../../src/browser/rule-module.js'
import type { AnyRule } from '../../../src/rules/contract.js'
import { decodeCheckpoint } from '../../../src/train/checkpoint.js'
import { answerCalls } from './calls.js'
import { dataSource } from './data.js'
import { describe } from './describe.js'
import { type Learner, openLearner } from './learner.js'
import { platformOf } from './platform.js'
import type { Orders, Runtime, Wanted } from './protocol.js'
import { ruleOf, wantedOf } from './wanted.js'

// The worker in which everything of Onward happens: tracing, certificates, training. The page only draws.

answerCalls((tell) => {
  let runtime: Runtime | undefined
  let isClosed = false
  let learner: Learner | undefined
  const data = dataSource()
  /** The code of a person's own rule runs only where nothing but this worker can be reached. */
  const ruleIn = async (wanted: Wanted, module?: string): Promise<AnyRule> => {
    if (module === undefined) return ruleOf(wanted)
    if (!isClosed) throw new Error('A rule of your own runs in the closed worker alone.')
    return await importRule({ module, name: 'rule.js' })
  }
  const now = (): Learner => {
    if (!learner) throw new Error('Nothing is being trained yet.')
    return learner
  }
  const leave = async (): Promise<void> => {
    await learner?.pause()
    await learner?.close()
    learner = undefined
  }
  /** Errors of a rule of one's own say their line. */
  const placing = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw placed(error)
    }
  }
  const orders: { [K in keyof Orders]: (...given: Parameters<Orders[K]>) => unknown } = {
    begin(closed) {
      isClosed = closed
    },
    use(given) {
      runtime = given
    },
    describe: (wanted, module) => placing(async () => describe(wanted, await ruleIn(wanted, module))),
    open: (wanted, module, borrowed) =>
      placing(async () => {
        await leave()
        const rule = await ruleIn(wanted, module)
        learner = await openLearner({
          wanted,
          rule,
          data: await data(wanted.data),
          platform: platformOf(runtime!),
          ...{ tell, borrowed },
        })
        return learner.opened
      }),
    read: (bytes, name) => wantedOf(decodeCheckpoint(bytes, name)),
    async goOn(bytes, name) {
      await leave()
      const checkpoint = decodeCheckpoint(bytes, name)
      const wanted = wantedOf(checkpoint)
      learner = await openLearner({
        ...{ wanted, rule: ruleOf(wanted), data: await data(wanted.data), platform: platformOf(runtime!), tell },
        resume: checkpoint,
      })
      await learner.assess()
      return learner.opened
    },
    lent: () => now().lent(),
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
