import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heldOut, sortedByClass, wordOf } from '../../lab/src/pictures/classes.js'
import { seen } from '../../lab/src/plots/plots.js'

const files = (...paths: string[]) => paths.map((path) => ({ path }))

test('a folder is a class; without folders the word before a number is', () => {
  const inFolders = sortedByClass(
    files('all/cat/1.png', 'all/dog/a.jpg', 'all/cat/2.PNG', 'all/dog/.hidden.png', 'all/cat/x.txt'),
  )
  assert.deepEqual(
    inFolders.classes.map(({ name, pictures }) => [name, pictures.length]),
    [
      ['cat', 2],
      ['dog', 1],
    ],
  )
  assert.deepEqual(inFolders.problems, ['One file is no picture and left out.'])
  const named = sortedByClass(files('in/cat-1.png', 'in/dog (2).jpg', 'in/cat_02.png', 'in/7.png'))
  assert.deepEqual(
    named.classes.map(({ name }) => name),
    ['cat', 'dog'],
  )
  assert.deepEqual(named.problems, ['in/7.png tells no class and is left out.'])
  assert.deepEqual(['a/big cat.12.png', 'cat3.webp', '5.png'].map(wordOf), ['big cat', 'cat', ''])
})

test('what gives no two classes, or too many, is told', () => {
  assert.throws(() => sortedByClass(files('x.txt')), /There are no pictures among these files/)
  assert.throws(() => sortedByClass(files('cat/1.png', 'cat/2.png')), /All these pictures are of one class/)
  const many = Array.from({ length: 101 }, (_, i) => ({ path: `c${i}/a.png` }))
  assert.throws(() => sortedByClass(many), /101 classes/)
})

test('a tenth is held out, of a few at least one, of one none', () => {
  for (const [count, held] of [
    [1, 0],
    [2, 1],
    [9, 1],
    [10, 1],
    [20, 2],
    [105, 10],
  ] as const)
    assert.equal(heldOut(count).size, held, `${count}`)
})

test('a line has no more points than can be seen, and its last one', () => {
  for (const length of [1, 119, 120, 121, 400, 999]) {
    const shown = seen(Array.from({ length }, (_, i) => i))
    assert.ok(shown.length <= 120 && shown.at(-1) === length - 1, `${length}`)
  }
})
