import { UserError } from '../../errors.js'
import type { Tensor } from '../../graph/index.js'
import type { Random } from '../../nn/random.js'
import { leaves, type Tree } from '../../nn/tree.js'
import type { Batch, Prediction, Rule, Sight, Sights, Step, Task } from '../contract.js'
import { PASS } from '../phases.js'
import type { AnyDesign, AnyStack, Fed, LayerSight, LayerwiseDesign, Passed, Snapshot, Stack } from './design.js'
import { greedyOf } from './greedy.js'
import { HEAD, learners, learnHead, learnLayers, nameOf } from './learn.js'
import { headInput, headInputInUse, passesUp, passUp } from './pass.js'
import { emptySnapshot, SNAPSHOT, takeSnapshot } from './snapshot.js'

/** What a design is made for. */
export interface Given<Hyper> {
  readonly task: Task
  readonly hyper: Hyper
}

type Parts<Hyper, State extends Tree> = Required<
  Pick<Rule<Hyper, State>, 'locality' | 'init' | 'steps' | 'predict' | 'greedy' | 'watch'>
>

/**
 * From a stack of layers that learn from losses of their own the parts of a rule: its steps, greedy training,
 * predictions and a promise of locality that the certificate checks.
 */
export function layerwise<
  Hyper,
  P extends Tree,
  R extends Tree = Tree,
  G = unknown,
  M extends Passed<R> = Passed<R>,
  H extends Tree = Tree,
>(design: (given: Given<Hyper>) => LayerwiseDesign<P, R, G, M, H>): Parts<Hyper, Stack<P, R, H>> {
  const parts: Parts<Hyper, AnyStack> = {
    locality(task, hyper) {
      const own: AnyDesign = design({ task, hyper })
      const { layers, head, window = 1, promise } = own
      const blocks = layers.map(({ running }, i) => ({
        name: nameOf(own, i),
        parameters: [`layers.${i}`],
        ...((typeof running === 'function' || leaves(running ?? {}).length > 0) && { statistics: [`running.${i}`] }),
      }))
      const all = [...blocks, ...(head ? [{ name: head.name ?? HEAD, parameters: ['head.parameters'] }] : [])]
      return {
        blocks: all,
        // A single block has no other that it could be local to.
        promise: { local: window === 1 && all.length > 1, window: Math.min(window, layers.length), ...promise },
      }
    },
    init: (random, task, hyper, sample) => initial(design({ task, hyper }), random, sample),
    steps(task, hyper) {
      const own: AnyDesign = design({ task, hyper })
      const { steps = { joint: () => true } } = own
      return {
        ...Object.fromEntries(Object.entries(steps).map(([name, hasLoss]) => [name, stepOf(own, hasLoss)])),
        ...(own.keepsSnapshot && { [SNAPSHOT]: takeSnapshot }),
      }
    },
    predict: (stack, x, task, hyper) => predicted(design({ task, hyper }), stack, x),
    watch: (stack, batch, task, hyper) => seen(design({ task, hyper }), stack, batch),
    greedy: greedyOf(design),
  }
  return parts as unknown as Parts<Hyper, Stack<P, R, H>>
}

function initial(design: AnyDesign, random: Random, sample: Pick<Batch, 'x' | 'target'>): AnyStack {
  const layers: Tree[] = design.layers.map((layer, i) => layer.init(random, `layers.${i}`))
  const stack: AnyStack = {
    layers,
    optimizers: design.layers.map(({ optimizer = design.optimizer }, i) =>
      optimizer.init([...learners(design, layers, i).values()]),
    ),
    running: design.layers.map(({ running = {} }) => (typeof running === 'function' ? running(sample) : running)),
  }
  const whole = design.head ? { ...stack, head: initialHead(design, random) } : stack
  return design.keepsSnapshot ? { ...whole, snapshot: emptySnapshot(whole) } : whole
}

function initialHead({ head, optimizer }: AnyDesign, random: Random): NonNullable<AnyStack['head']> {
  const parameters: Tree = head!.init(random, HEAD)
  return { parameters, optimizer: (head!.optimizer ?? optimizer).init(parameters) }
}

/** The layers of `hasLoss` learn on a batch, each from what the one below put out before this update, and the head. */
function stepOf(design: AnyDesign, hasLoss: (layer: number) => boolean): Step<AnyStack> {
  const { layers, head, window = 1 } = design
  const crosses = (layer: number): boolean =>
    layers.some(({ loss }, i) => loss && hasLoss(i) && i > layer && i - window < layer)
  return (stack, batch) => {
    const { fed, read } = fedIn(design, stack, batch)
    const running = passesUp(layers, stack, fed, { random: batch.random, learns: hasLoss, crosses })
    const learned = learnLayers(design, stack, running, batch, hasLoss)
    if (!head) return [learned.stack, { blocks: learned.blocks }]
    const own = learnHead(design, stack, read ?? headInput(design, fed, [...learned.passes.values()]), batch, fed.given)
    return [{ ...learned.stack, head: own.head }, { blocks: { ...learned.blocks, ...own.blocks } }]
  }
}

/** What the lowest layer reads of a batch while layers learn, and what a head with an input of its own does. */
function fedIn(design: AnyDesign, stack: AnyStack, batch: Batch): { readonly fed: Fed; readonly read?: Tensor } {
  const { head, input } = design
  const read = head?.input && headInputInUse(design, stack, batch.x)
  const said = stack.snapshot
    ? predicted(design, stack.snapshot, batch.x)
    : read && head!.predict(stack.head!.parameters, read)
  const scores = said?.scores.stopGradient()
  const fed: Fed = input?.training(batch, { stack, ...(scores && { scores }) }) ?? { x: batch.x }
  return { fed, ...(read && { read }) }
}

/** What each layer holds of a batch that it learns from: its output, and what it shows beside that. */
function seen(design: AnyDesign, stack: AnyStack, batch: Batch): Sights {
  const { layers, sets = [PASS] } = design
  const passes = passUp(layers, stack, fedIn(design, stack, batch).fed, { random: batch.random, learns: () => true })
  const own = passes.map((pass, i): [string, readonly Sight[]] => {
    const { output } = pass.made
    const more: readonly LayerSight[] =
      layers[i]!.sights?.({ ...pass, parameters: stack.layers[i]!, output, batch }) ?? []
    const sights = [{ what: 'activity', values: output }, ...more].flatMap((sight: LayerSight): Sight[] => {
      const { phase, what, values } = sight
      if (phase !== undefined) return [{ phase, what, values }]
      const rows = values.shape[0]! / sets.length
      return sets.map((set, k) => ({ phase: set, what, values: values.slice(0, k * rows, (k + 1) * rows) }))
    })
    return [nameOf(design, i), sights]
  })
  return Object.fromEntries(own)
}

/** What a prediction is made of. */
function predicted(design: AnyDesign, stack: Snapshot, x: Tensor): Prediction {
  const { layers, head, input, prediction = head ? 'head' : 'sum' } = design
  if (prediction === 'head') return head!.predict(stack.head!.parameters, headInputInUse(design, stack, x))
  const passes = passUp(layers, stack, input?.use(x) ?? { x })
  const each = passes.map(({ made }, i) => layers[i]!.scores?.(stack.layers[i]!, made.output, made))
  const parts = Object.fromEntries(
    each.flatMap((scores, i): [string, Tensor][] => (scores ? [[nameOf(design, i), scores]] : [])),
  )
  return { scores: combined(each, prediction), parts }
}

function combined(
  each: readonly (Tensor | undefined)[],
  how: Exclude<AnyDesign['prediction'], 'head' | undefined>,
): Tensor {
  const from = how === 'last' ? each.length - 1 : how === 'sum' ? 0 : 'sumFrom' in how ? how.sumFrom : how.meanFrom
  const said = each.slice(from).filter((scores) => scores !== undefined)
  if (said.length === 0)
    throw new UserError(
      'layerwise: no layer that predictions are made of says anything of the target; give it `scores`',
    )
  const sum = (all: readonly Tensor[]): Tensor => all.reduce((a, b) => a.add(b))
  if (typeof how === 'string' || 'sumFrom' in how) return sum(said)
  const { weights } = how
  if (!weights) return sum(said).mul(1 / said.length)
  const total = weights.reduce((a, b) => a + b)
  return sum(said.map((scores, i) => scores.mul(weights[i]! / total)))
}
