// Five steps of small networks, recorded. Any change of a rule's arithmetic shows here; where it is meant, record anew.
import { test } from 'node:test'
import type { AnyRule } from '../../src/rules/contract.js'
import { RULES } from '../../src/rules/registry.js'
import { traceRule } from '../../src/rules/trace.js'
import { close } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, type Numbers, taskOf } from './harness.js'

interface Golden {
  readonly rule: string
  readonly hyper: Record<string, unknown>
  /** Metrics over the five steps. */
  readonly metrics: Numbers
  /** The sum of squares of parameters at the end. */
  readonly squares: Readonly<Record<string, number>>
}

const GOLDEN: Golden[] = [
  {
    rule: 'forward-forward',
    hyper: { units: [6, 5], rate: 0.01, headRate: 0.01 },
    metrics: {
      'layer 0/loss': [0.565796497191, 1.15507874152, 0.844836615347, 0.57209980384, -0.121243851042],
      'layer 1/loss': [0.513667841872, -0.163657146928, 1.09781379527, 0.205949193721, 0.00252558016936],
      'softmax head/loss': [1.29137107973, 1.62467120514, 1.32811905799, 0.984422967616, 1.59321103671],
    },
    squares: {
      'layers.0.weight': 5.39502727646,
      'layers.0.label': 0.566149981202,
      'layers.1.weight': 4.87079790085,
      'head.parameters.weight': 2.53506113228,
    },
  },
  {
    rule: 'forward-forward',
    hyper: {
      network: 'convolutional',
      units: [3, 4],
      poolAfter: [0],
      headRate: 0.003,
      loss: 'threshold',
      goodness: 'sum',
      optimizer: 'sgd',
      weightDecay: 0.001,
      peer: 0.06,
      rate: 0.001,
    },
    metrics: {
      'layer 0/loss': [6.1648718587, 6.58450852291, 5.03210732265, 4.44176960644, 2.2206868203],
      'layer 1/loss': [8.80858164463, 8.13365756649, 6.60409569424, 5.38137652807, 3.28691188905],
      'softmax head/loss': [1.39406612479, 1.50606686747, 1.23447630954, 1.39858992398, 1.36587402652],
    },
    squares: {
      'layers.0.weight': 1.76567994633,
      'layers.0.label': 1.19157082397,
      'layers.1.weight': 4.39994623997,
      'head.parameters.weight': 2.59252677727,
      'running.1.mean': 1.18353459599,
    },
  },
  {
    rule: 'backprop',
    hyper: { units: [6, 5], rate: 0.01 },
    metrics: { loss: [1.19083283742, 1.25775045684, 1.05835656376, 1.09047932821, 1.2180802873] },
    squares: { 'layers.0.weight': 11.7828334658, 'layers.1.weight': 9.71300730639, 'layers.2.weight': 1.53674700158 },
  },
]

function trajectory(rule: AnyRule, { hyper, metrics, squares }: Golden): { metrics: Numbers; squares: typeof squares } {
  const traced = traceRule(rule, taskOf(), rule.hyper.parse(hyper))
  const joint = traced.steps.joint!
  const steps: Numbers[] = []
  let state = initialState(traced)
  for (let k = 0; k < 5; k++) {
    const result = evaluate(joint, state, batchFor(joint, taskOf(), k))
    state = result.state
    steps.push(result.metrics)
  }
  const over = (name: string): number[] => steps.map((own) => own[name]![0]!)
  return {
    metrics: Object.fromEntries(Object.keys(metrics).map((name) => [name, over(name)])),
    squares: Object.fromEntries(
      Object.keys(squares).map((name) => [name, state[name]!.reduce((sum, v) => sum + v * v, 0)]),
    ),
  }
}

for (const golden of GOLDEN)
  test(`${golden.rule} ${JSON.stringify(golden.hyper)}`, () => {
    const { metrics, squares } = trajectory(RULES.find(({ id }) => id === golden.rule)!, golden)
    for (const [name, expected] of Object.entries(golden.metrics)) close(metrics[name]!, expected, 1e-9, name)
    for (const [name, expected] of Object.entries(golden.squares)) close([squares[name]!], [expected], 1e-9, name)
  })
