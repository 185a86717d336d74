import { UserError } from '../errors.js'
import { gradientOf, type Tensor } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'
import { fromAbove } from './above.js'
import type { Block } from './blocks.js'
import { capacities } from './capacity.js'
import { areLocal, type Certificate, type LayerCertificate } from './certificate.js'
import { derivatives } from './derivatives.js'
import { insides } from './inside.js'
import { labelsOf } from './labels.js'
import { allNodes, type Network, networkOf, type Program, type Vertex } from './network.js'
import { type Meetings, meetingsOf } from './products.js'
import { type Bits, components, has, members, type Next } from './reach.js'
import { type Weights, weightsOf } from './weights.js'

export type { Block } from './blocks.js'
export type { Program } from './network.js'

export interface CertifyOptions {
  /** Of the data, in one mini-batch. */
  readonly samples: number
  /** Among how many a choice is made: the classes, or 2. */
  readonly choices: number
  /** What the trained network is used for: no state that it reads may belong to no block and yet be trained. */
  readonly predict?: Pick<StepGraph, 'metrics'> & Pick<StepGraph, 'state'>
  /** State that starts with something made of labels, by name. */
  readonly labelled?: ReadonlySet<string>
  /** Counts the steps of all walks. */
  readonly work?: { operations: number }
}

/** Of rounding, in bits. */
const SLACK = 1e-6

/**
 * Reads from traced programs, all of which one batch may run, what each block's update depends on. Blocks are listed
 * from below. Walks go backwards from the new values of a block's parameters, through loops and through all state that
 * belongs to no block, and stop at the parameters of blocks, since what flows into that is in its own block's row.
 * Throws an Error if trained state that products or predictions use belongs to no block: then a network could hide in
 * it.
 */
export function certify(programs: readonly Program[], blocks: readonly Block[], options: CertifyOptions): Certificate {
  const { samples, choices, predict, labelled = new Set(), work = { operations: 0 } } = options
  const counted =
    (next: Next): Next =>
    (v) => {
      const list = next(v)
      work.operations += 1 + list.length
      return list
    }
  const net = networkOf(programs, blocks)
  const next = counted((v) => (v.state ? (v.state.owner >= 0 ? [] : v.state.written) : v.sources))
  const circles = circlesIn(net, next)
  const trained = new Set([...circles.keys()].flatMap(({ state }) => (state && state.owner < 0 ? [state.name] : [])))
  const weights = weightsOf(net, blocks.length, trained, next, counted)
  const meetings = meetingsOf(net, weights, counted)
  const predictors = predict && readBy(predict)
  if (predict) checkOrder(predict, blocks, counted)
  checkOwners(weights, meetings, circles)
  checkStatistics(net)
  checkPredictors(net, predictors)

  const read = predictors && net.ownersOf(predictors)
  const output = read ? read.at(-1) : blocks.length - 1
  const reaches = derivatives(net, weights, meetings, blocks.length, counted)
  const crossed = crossedBy(meetings)
  const [capacity, limit] = [capacities(programs, samples), Math.log2(choices) + SLACK]
  const isNarrow = (v: Vertex): boolean => !(v.state && v.state.owner >= 0) && capacity(v) <= limit
  // Products of a block that lie before a choice do not make its cell deeper.
  const values = counted((v) => (isNarrow(v) ? [] : v.sources))
  const inside = insides(net, meetings, blocks.length, values)
  const above = fromAbove(
    {
      ...{ net, weights, meetings, blocks: blocks.length, output, next, crossed },
      ...{ capacity, limit, isNarrow },
    },
    reaches.map(({ window }) => window),
  )
  const labels = labelsOf({ net, weights, meetings, blocks: blocks.length, samples, labelled, next, counted })
  const layers = blocks.map(({ name }, layer): LayerCertificate => {
    const { window, depth } = reaches[layer]!
    return {
      layer,
      name,
      learns: net.updates[layer]!.some(({ state }) => state?.owner !== layer),
      window: members(window, blocks.length).length,
      depth,
      inside: inside[layer]!,
      reads: { labels: labels(layer), ...above[layer]! },
    }
  })
  const holders = new Set(net.vertices.map(({ state }) => state?.owner ?? -1).filter((owner) => owner >= 0))
  return { local: areLocal(layers) && holders.size > 1, layers }
}

/**
 * Throws if predictions use the blocks in another order: then what comes from above would be taken for what lies below.
 */
function checkOrder(
  { state, metrics }: NonNullable<CertifyOptions['predict']>,
  blocks: readonly Block[],
  counted: (next: Next) => Next,
): void {
  const reads = scoresOf(metrics)
  const net = networkOf([{ state }], blocks, reads)
  const within = counted((v) => v.sources)
  const meetings = meetingsOf(net, weightsOf(net, blocks.length, new Set(), within, counted), counted)
  const fed: Bits[] = blocks.map(() => 0n)
  for (const meeting of meetings.all)
    if (meeting.isProduct)
      for (const block of members(meetings.blocks(meeting, undefined), blocks.length))
        fed[block]! |= meetings.feeders(meeting)
  for (const [lower, by] of fed.entries()) {
    // Where both feed each other, as in networks that settle, either may lie above.
    const upper = members(by, blocks.length).find((other) => other > lower && !has(fed[other]!, lower))
    if (upper !== undefined)
      throw new UserError(
        `certify: predictions feed ${blocks[lower]!.name} with what ${blocks[upper]!.name} makes, so it lies above; ` +
          'list blocks from below',
      )
  }
}

const scoresOf = (metrics: StepGraph['metrics']): Tensor[] =>
  metrics.filter(({ name }) => !name.startsWith('figures/')).map(({ output }) => output)

/** The names of the state that scores are made from. */
function readBy({ state, metrics }: NonNullable<CertifyOptions['predict']>): string[] {
  const names = new Map(state.map(({ name, input }) => [input, name]))
  return allNodes(scoresOf(metrics)).flatMap(({ outputs }) => outputs.flatMap((x) => names.get(x) ?? []))
}

/** For each vertex that depends on itself, the number of the circle that it is in. */
function circlesIn(net: Network, next: Next): ReadonlyMap<Vertex, number> {
  const parts = components(net.vertices, next).filter(({ length }) => length > 1)
  return new Map(parts.flatMap((part, i) => part.map((v): [Vertex, number] => [v, i])))
}

/** Throws where state of no block learns as weights do: from what came of it after it met data. */
function checkOwners({ isOwned, verticesOf }: Weights, meetings: Meetings, circles: ReadonlyMap<Vertex, number>): void {
  const circlesOf = new Map<string, Set<number>>()
  for (const [{ state }, circle] of circles)
    if (state) circlesOf.set(state.name, (circlesOf.get(state.name) ?? new Set()).add(circle))
  for (const { node, names, isProduct, isFed } of meetings.all) {
    if (names.some(isOwned) || !(isProduct || isFed)) continue
    const own = node.outputs.flatMap(verticesOf).flatMap((v) => circles.get(v) ?? [])
    if (own.some((circle) => names.some((name) => circlesOf.get(name)?.has(circle))))
      throw new UserError(
        `certify: ${names.join(', ')} is trained and used in a ${node.op}, but belongs to no block; name it in its ` +
          "block's parameters",
      )
  }
}

/** Throws where statistics are what a derivative is taken for: then they are weights. */
function checkStatistics(net: Network): void {
  for (const v of net.vertices)
    for (const { state } of gradientOf(v.tensor).flatMap((source) => net.of(source)))
      if (state && net.isStatistic(state.name))
        throw new UserError(
          `certify: ${state.name} is called a statistic, but a derivative is taken for it; name it in its block's ` +
            'parameters',
        )
}

function checkPredictors(net: Network, read: readonly string[] = []): void {
  const lost = read.find((name) => net.changed.get(name) === false)
  if (lost !== undefined)
    throw new UserError(
      `certify: predictions read ${lost}, which training changes, but it belongs to no block; name it in its block's ` +
        'parameters, or in its statistics',
    )
}

/**
 * The blocks whose weights a vertex is multiplied with: in their product, or in one that carries its derivative down.
 */
function crossedBy(meetings: Meetings): (v: Vertex) => Bits {
  return ({ tensor: { node }, lane }) => {
    const meeting = meetings.of(node)
    if (meeting) return meeting.isProduct ? meetings.blocks(meeting, lane) : 0n
    const forward = node.adjoint && meetings.of(node.adjoint.of)
    // The forward product of a derivative may itself be used nowhere: error sent down by a product that no one reads.
    const alone = forward ? undefined : meetings.crossing(node)
    if (alone) return meetings.blocks(alone, lane)
    const reads = forward?.isProduct && node.inputs.some((x) => forward.weights.includes(x))
    return reads ? meetings.blocks(forward, lane) : 0n
  }
}
