// At most 240 s: ten seeds of every sampler on two functions, 60 trials each.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BRANIN, bestOf, branin, HARTMANN, hartmann, median, search } from '../tune/search.js'

test('medians of the best of 60 trials over ten seeds: Branin below 1.0 and 0.45; Hartmann beside random search', () => {
  const best = (name: 'random' | 'tpe' | 'gp', space: typeof BRANIN, f: typeof branin): number =>
    median(Array.from({ length: 10 }, (_, seed) => bestOf(search(name, space, f, 60, seed))))
  const names = ['random', 'tpe', 'gp'] as const
  const [random, tpe, gp] = names.map((name) => best(name, BRANIN, branin)) as [number, number, number]
  assert.ok(tpe < 1 && gp < 0.45 && tpe < random, `Branin: random ${random}, TPE ${tpe}, GP ${gp}`)
  const table = names.map((name) => best(name, HARTMANN, hartmann)) as [number, number, number]
  console.log(
    `Branin: random ${random}, TPE ${tpe}, GP ${gp}; Hartmann: ${names.map((name, i) => `${name} ${table[i]}`)}`,
  )
  assert.ok(table[2] < table[1] && table[1] < table[0], `Hartmann: ${table}`)
})
