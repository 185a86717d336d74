// docs/graph.md names every operation, and nothing that is not there.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import * as graph from '../../src/graph/index.js'
import { CASES } from '../graph/cases.js'

const SECTIONS = new Map(
  readFileSync('docs/graph.md', 'utf8')
    .split(/^## /m)
    .map((section): [string, string] => [section.split('\n')[0]!, section]),
)
/** What stands in backticks, up to a bracket, with the star of what lets no gradient pass. */
const named = (text: string): [name: string, starred: boolean][] =>
  [...text.matchAll(/`([a-zA-Z0-9]+)(?:\([^`]*)?`(\\\*)?/g)].map(([, name, star]) => [name!, star !== undefined])
const firstColumn = (section: string): [string, boolean][] =>
  named([...SECTIONS.get(section)!.matchAll(/^\| (`.*?) \|/gm)].map(([, cell]) => cell).join('\n'))

const METHODS = firstColumn('Methods of a tensor')
const FUNCTIONS = firstColumn('Functions')
const names = (list: readonly [string, boolean][]): string[] => list.map(([name]) => name).sort()

/** Whether a gradient comes through in some case of the operation; undefined where no case has a float32 input. */
function flows(operation: string): boolean | undefined {
  const cases = CASES[operation as keyof typeof CASES] ?? []
  const some = cases.flatMap(({ inputs: given, build }) => {
    const inputs = given.map(({ shape, dtype }, i) => graph.input({ name: `x${i}`, kind: 'data', shape, dtype }))
    const sources = inputs.filter(({ dtype }) => dtype === 'float32')
    if (sources.length === 0) return []
    const outputs = [build(...inputs)].flat()
    const ones = outputs.map(({ shape, dtype }) =>
      dtype === 'float32' ? graph.constant(1).broadcastTo(shape) : undefined,
    )
    return [graph.pullback(outputs, ones, sources).some((gradient) => gradient !== undefined)]
  })
  return some.length === 0 ? undefined : some.includes(true)
}

describe('the page of the graph', () => {
  test('has every method of a tensor, and no other', () => {
    const methods = Object.entries(Object.getOwnPropertyDescriptors(graph.Tensor.prototype))
      .filter(([name, { value }]) => name !== 'constructor' && typeof value === 'function')
      .map(([name]) => name)
    assert.deepEqual(names(METHODS), methods.sort())
  })

  test('has every function that onward/graph exports, and no other', () => {
    const exported = Object.entries(graph)
      .filter(([name, value]) => typeof value === 'function' && /^[a-z]/.test(name))
      .map(([name]) => name)
    const tools = named(SECTIONS.get('Functions')!.split('For tools')[1]!)
    assert.deepEqual(names([...FUNCTIONS, ...tools]), exported.sort())
  })

  test('has every operation of the table under some name', () => {
    const known = new Set(names([...METHODS, ...FUNCTIONS, ...named(SECTIONS.get('Names that only a graph shows')!)]))
    for (const operation of Object.keys(graph.primitives())) assert.ok(known.has(operation), operation)
  })

  test('has a star where no gradient passes, and only there', () => {
    for (const [name, starred] of [...METHODS, ...FUNCTIONS]) {
      // The cases of stopGradient also use their input past it.
      const own = name === 'stopGradient' ? false : flows(name)
      if (own !== undefined) assert.equal(!own, starred, name)
    }
  })
})
