import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LayerCertificate } from '../../src/certificate/certificate.js'
import { allNodes } from '../../src/certificate/network.js'
import { interpret, type Tensor, type Value, value } from '../../src/graph/index.js'
import { backpropagated, certificateOf, programOf, row, type Setting, taught, type Write } from './given.js'

/** What the certificate must say of one layer, and of the whole; what is not given may be anything. */
export interface Told {
  readonly layer?: number
  readonly local?: boolean
  readonly window?: number
  readonly depth?: number
  readonly labels?: LayerCertificate['reads']['labels']
  /** From which blocks, and how many bits a sample; none: no choice. */
  readonly choice?: readonly [blocks: readonly number[], bits: number] | 'none'
  readonly broadcast?: { readonly numbers?: number; readonly bits?: number } | 'none'
  readonly feedback?: readonly number[] | 'none'
  readonly transport?: boolean
}

export interface Attack {
  readonly name: string
  readonly write: Write | readonly Write[]
  readonly setting?: Setting
  readonly told: Told
  /** It works: the cosine between what it does to the weights of layer 0 and what backpropagation does is at least this. */
  readonly works?: number
}

export function assertTold(found: LayerCertificate, told: Told): void {
  const { window, depth, reads } = found
  const seen = JSON.stringify(found)
  if (told.window !== undefined) assert.equal(window, told.window, seen)
  if (told.depth !== undefined) assert.equal(depth, told.depth, seen)
  if (told.labels !== undefined) assert.equal(reads.labels, told.labels, seen)
  if (told.choice === 'none') assert.equal(reads.choice, undefined, seen)
  else if (told.choice) {
    assert.deepEqual(reads.choice?.blocks, told.choice[0], seen)
    assert.ok(Math.abs(reads.choice!.bits - told.choice[1]) < 1e-3, seen)
  }
  if (told.broadcast === 'none') assert.equal(reads.broadcast, undefined, seen)
  else if (told.broadcast) {
    assert.ok(reads.broadcast, seen)
    if (told.broadcast.numbers !== undefined) assert.equal(reads.broadcast.numbers, told.broadcast.numbers, seen)
    if (told.broadcast.bits !== undefined) assert.ok(Math.abs(reads.broadcast.bits - told.broadcast.bits) < 1e-3, seen)
  }
  if (told.feedback === 'none') assert.equal(reads.feedback, undefined, seen)
  else if (told.feedback) assert.deepEqual(reads.feedback?.blocks, told.feedback, seen)
  if (told.transport !== undefined) assert.equal(reads.feedback?.transport ?? false, told.transport, seen)
}

/** Backpropagation by hand, as far as layer 0 is concerned. */
const backpropagates: Write = (given) => ({ W0: taught(given.W0, given.x, backpropagated(given)) })

/** What one step does to W0, on made-up numbers. */
function changeOf(write: Write): number[] {
  const { state } = programOf(write)
  const outputs = state.map(({ output }) => output)
  const bindings = allNodes(outputs).flatMap((node): [Tensor, Value][] => {
    if (node.op !== 'input' || node.attributes.kind === 'loop') return []
    const [x] = node.outputs as [Tensor]
    const numbers = Array.from({ length: x.size }, (_, i) => Math.sin(11 * i + x.size + node.attributes.name.length))
    return [[x, value(x, x.dtype === 'int32' ? numbers.map((v) => Math.floor((v + 1) * 1.49)) : numbers)]]
  })
  const given = new Map(bindings)
  const [before] = interpret([state[0]!.input], given)
  const [after] = interpret([state[0]!.output], given)
  return Array.from(after!.data, (v, i) => v - before!.data[i]!)
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, v, i) => sum + v * y[i]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

/** One test for each attack: the certificate tells it for what it is. */
export function tellsAll(attacks: readonly Attack[]): void {
  for (const { name, write, setting, told, works } of attacks)
    test(name, () => {
      if (works !== undefined) assert.ok(cosine(changeOf(write as Write), changeOf(backpropagates)) >= works)
      const certificate = certificateOf(write, setting)
      assertTold(row(certificate, told.layer), told)
      assert.equal(certificate.local, told.local ?? false, JSON.stringify(certificate))
    })
}
