import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import sharp from 'sharp'
import { readImage } from '../../src/data/images.node.js'
import { makeDataSet } from '../../src/data/index.js'
import { toShape } from '../../src/data/picture.js'
import { events, onward, workFolder } from './onward.js'

const folder = workFolder()
const { train, test: held } = makeDataSet('glyphs')

const glyph = (i: number): Uint8Array => Uint8Array.from(train.inputs.subarray(i * 784, (i + 1) * 784))
const grey = (data: Uint8Array) => sharp(data, { raw: { width: 28, height: 28, channels: 1 } }).toColourspace('b-w')

before(async () => {
  for (let label = 0; label < 10; label++) mkdirSync(join(folder, 'glyphs', `${label}`), { recursive: true })
  for (let i = 0; i < 1000; i++)
    await grey(glyph(i))
      .png({ compressionLevel: 1 })
      .toFile(join(folder, 'glyphs', `${train.targets![i]}`, `${i}.png`))
})

const told = async (...args: readonly string[]) => {
  const ended = await onward(folder, ...args)
  assert.deepEqual([ended.code, ended.stderr], [0, ''])
  return ended.stdout
}

const common = ['--set', 'units=60', '--threads', '1', '--json']

test('a folder of pictures trains, goes on, is evaluated and predicts', async () => {
  const trained = await onward(
    folder,
    'train',
    'backprop',
    '--data',
    'glyphs',
    ...common,
    '--out',
    'named',
    '--epochs',
    '1',
  )
  assert.equal(trained.code, 0, 'glyphs is a name: that data set is taken')
  const ended = await onward(
    folder,
    'train',
    'backprop',
    '--data',
    './glyphs',
    ...common,
    '--out',
    ...['run', '--epochs', '6', '--batch', '10'],
  )
  assert.equal(ended.code, 0, ended.stderr)
  const done = events(ended).at(-1)
  assert.equal(done.event, 'done')
  assert.ok(done.test.network.accuracy > 0.6, `${done.test.network.accuracy}`)
  const evaluated = JSON.parse(await told('evaluate', 'run', '--json'))
  assert.deepEqual(evaluated.test, done.test)
  const longer = await onward(folder, 'train', '--resume', 'run', '--epochs', '8', '--json')
  assert.equal(longer.code, 0, longer.stderr)
  assert.equal(events(longer).at(-1).event, 'done')
  const predicted = JSON.parse(await told('predict', 'run', 'glyphs/3', '--json'))
  assert.equal(predicted.length, readdirSync(join(folder, 'glyphs', '3')).length)
  const right = predicted.filter(({ className }: { className: string }) => className === '3').length
  assert.ok(right / predicted.length > 0.8, `${right} of ${predicted.length} are 3`)
  const [{ probabilities, scores, fit }] = predicted
  assert.equal(fit, 'ink')
  const exp = scores.map((score: number) => Math.exp(score - Math.max(...scores)))
  const sum = exp.reduce((a: number, b: number) => a + b)
  for (const [i, own] of probabilities.entries()) assert.ok(Math.abs(own - exp[i] / sum) < 1e-9)
  // Another picture in the folder is noticed.
  await grey(glyph(1))
    .negate()
    .toFile(join(folder, 'glyphs', '0', 'new.png'))
  const refused = await onward(folder, 'evaluate', 'run')
  assert.equal(refused.code, 1)
  assert.match(
    refused.stderr,
    /is not what the run in run was trained on: it has 801 samples to train and 200 to test now, 800 and 200 then/,
  )
})

test('what the network saw is written, by what fits', async () => {
  // Small, dark on white, in a corner of a picture of 90 x 60.
  const ink = await grey(glyph(3)).negate().toBuffer({ resolveWithObject: true })
  const raw = { width: 28, height: 28, channels: 1 as const }
  await sharp({ create: { width: 90, height: 60, channels: 3, background: '#fff' } })
    .composite([{ input: await sharp(ink.data, { raw }).png().toBuffer(), left: 60, top: 4 }])
    .png()
    .toFile(join(folder, 'corner.png'))
  const one = await told('predict', 'named', 'corner.png', '--show', 'seen.png')
  assert.match(one, /corner\.png {2}\d {2}\d \d+\.\d\d %(, \d \d+\.\d\d %){4}\n/)
  assert.match(
    one,
    / {2}dark ink on a light ground; \d+x\d+ of 90x60 pixels cut out, scaled to 21 and centred by its box/,
  )
  const seen = toShape(await readImage(join(folder, 'seen.png')), [1, 28, 28])
  assert.ok(Math.max(...seen) > 0.95 && seen[0] === 0 && seen[27] === 0)
  await told('predict', 'named', 'corner.png', 'glyphs/3', '--fit', 'stretch', '--show', 'all')
  assert.equal(readdirSync(join(folder, 'all')).length, 1 + readdirSync(join(folder, 'glyphs', '3')).length)
  const stretched = toShape(await readImage(join(folder, 'all', 'corner.png')), [1, 28, 28])
  const expected = toShape(await readImage(join(folder, 'corner.png')), [1, 28, 28], { fit: 'stretch' })
  for (const [i, value] of stretched.entries()) assert.ok(Math.abs(value - expected[i]!) < 0.003)
  for (const [args, message] of [
    [['corner.png', 'seen.png', '--show', 'two.png'], /names one file for 2 pictures: name a folder/],
    [['corner.png', '--show', 'corner.png'], /would replace corner\.png, which is read/],
    [['corner.png', '--fit', 'inc'], /"inc".*"ink"/],
  ] as const) {
    const ended = await onward(folder, 'predict', 'named', ...args)
    assert.equal(ended.code, 2, ended.stderr)
    assert.match(ended.stderr, message)
  }
  const cover = JSON.parse(await told('predict', 'named', 'corner.png', '--fit', 'cover', '--json'))
  assert.deepEqual(cover[0].notes, [
    'its border is light, those of the training images are dark',
    'cut and resized from 90x60 to 28x28',
  ])
})

test('pictures of equal names are shown each in a file of its own', async () => {
  for (const part of ['a', 'b']) mkdirSync(join(folder, 'equal', part), { recursive: true })
  const files = ['equal/a/x.png', 'equal/a/x-2.png', 'equal/b/x.png']
  for (const [i, file] of files.entries()) await grey(glyph(i)).toFile(join(folder, file))
  await told('predict', 'named', ...files, '--fit', 'stretch', '--show', 'shown')
  for (const [i, name] of ['x.png', 'x-2.png', 'x-3.png'].entries())
    assert.deepEqual(
      toShape(await readImage(join(folder, 'shown', name)), [1, 28, 28]),
      toShape(await readImage(join(folder, files[i]!)), [1, 28, 28]),
      name,
    )
})

test('the scores of a rule that has a label in its input are told as goodness', async () => {
  const args = ['train', 'forward-forward', '--data', 'glyphs', '--limit', '200', '--epochs', '1', '--out', 'ff']
  await told(...args, '--set', 'units=20,20', '--threads', '1', '--json')
  const first = Uint8Array.from(held.inputs.subarray(0, 784))
  await grey(first).toFile(join(folder, 'one.png'))
  const [said] = JSON.parse(await told('predict', 'ff', 'one.png', '--json'))
  assert.deepEqual([said.scoreName, said.probabilities, said.scores.length], ['goodness', undefined, 10])
  assert.match(await told('predict', 'ff', 'one.png'), /one\.png {2}\d {2}goodness: \d [\d.-]+(, \d [\d.-]+){4}\n/)
})

test('pictures that cannot be read are told each, and the others read', async () => {
  writeFileSync(join(folder, 'text.bmp'), 'no picture')
  const ended = await onward(folder, 'predict', 'named', 'text.bmp', 'gone.png', 'corner.png', '--json')
  assert.equal(ended.code, 1)
  const all = JSON.parse(ended.stdout)
  assert.match(all[0].error, /text\.bmp is neither PNG/)
  assert.match(all[1].error, /gone\.png does not exist/)
  assert.equal(all[2].image, 'corner.png')
  assert.equal(ended.stderr, `onward: ${all[0].error}\n${all[1].error}\n`)
})
