import { z } from 'zod'
import type { Tensor } from '../../src/graph/index.js'
import { constant } from '../../src/graph/index.js'
import type { AnyRule, Rule } from '../../src/rules/contract.js'
import { classesOf } from '../../src/rules/task.js'

type Count = { readonly count: Tensor; readonly trace: Tensor }

const hyper = z.strictObject({
  best: z.number().default(0).describe('predicts rightly after so many steps, and else always the first class'),
})

/** A rule that learns nothing but counts, so that a test knows every number: pixel 0 of an image tells its label. */
export const counter: Rule<z.infer<typeof hyper>, Count> = {
  id: 'counter',
  title: 'Counter',
  summary: 'counts steps',
  source: 'ours',
  hyper,
  training: { epochs: 3, batch: 4 },
  presets: { quick: { description: 'one epoch', hyper: { best: 7 }, train: { epochs: 1, seed: 5 } } },
  locality: () => ({
    blocks: [{ name: 'counter', parameters: ['trace'], statistics: ['count'] }],
    promise: { local: true, window: 1 },
  }),
  init: () => ({ count: constant(0), trace: constant(0) }),
  steps: () => ({
    joint: (state) => [{ ...state, count: state.count.add(1) }, { network: { steps: state.count } }],
    double: ({ count, trace }) => [{ count, trace: trace.mul(2) }, { network: { double: trace } }],
    next: ({ count, trace }, { random }) => [
      { count: count.add(1), trace: trace.add(1) },
      { network: { noise: random.uniform('draw', []) } },
    ],
  }),
  predict: ({ count }, x, task, h) => {
    const [n] = x.shape as [number]
    const classes = classesOf(task)
    const told = x.reshape([n, -1]).slice(1, 0, 1).mul(4)
    const each = constant([...Array(classes).keys()], [1, classes])
    const right = told.sub(each).square().neg()
    return { scores: right.mul(count.equal(h.best).cast('float32')) }
  },
}

/** The same with other methods. */
export const counterWith = (changes: Partial<typeof counter>): AnyRule => ({ ...counter, ...changes })
