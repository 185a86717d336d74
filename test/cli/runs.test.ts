// At most 25 s: some thirty programs are started.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readImage, writePng } from '../../src/data/images.node.js'
import { makeDataSet } from '../../src/data/index.js'
import { events, onward, onwardAlone, start, workFolder } from './onward.js'

const folder = workFolder()
const glyphs = (rule: string, limit: number, ...more: readonly string[]): string[] => [
  ...['train', rule, '--data', 'glyphs', '--limit', `${limit}`, '--set', 'units=20,20', '--threads', '1', ...more],
]

test('a run from training to use: JSON alone on standard output, then evaluate, predict and export agree', async () => {
  const ended = await onwardAlone(folder, ...glyphs('forward-forward', 600, '--epochs', '2', '--json'))
  assert.deepEqual([ended.code, ended.stderr], [0, ''])
  const all = events(ended)
  const done = all.at(-1)
  assert.equal(all[0].event, 'start')
  assert.deepEqual(Object.keys(done).sort(), [
    ...['event', 'rowsPerSecond', 'run', 'seconds', 'step', 'test', 'validation'],
  ])
  assert.deepEqual([done.event, done.run], ['done', join('runs', 'forward-forward-glyphs-1')])

  const evaluated = JSON.parse((await onward(folder, 'evaluate', done.run, '--json')).stdout)
  const { run, test: tested } = done
  const { each, confusion, ...figures } = evaluated
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
  const right = sum(confusion.map((row: number[], k: number) => row[k]))
  assert.deepEqual(
    [sum(confusion.map(sum)), right / 2000],
    [2000, tested.network.accuracy],
    'the matrix holds all test samples, and those on its diagonal are right',
  )
  assert.deepEqual(
    each.map(({ samples, hits }: Record<string, number>) => [samples, hits]),
    confusion.map((row: number[], k: number) => [sum(row), row[k]]),
  )
  assert.deepEqual(figures, {
    run,
    rule: 'forward-forward',
    source: 'code',
    data: 'glyphs',
    test: tested,
    criterion: all[0].criterion,
  })
  const inWords = (await onward(folder, 'evaluate', done.run)).stdout
  assert.ok(inWords.includes(`${(tested.network.accuracy * 100).toFixed(2)} % of the test samples right`))

  const { test: split } = makeDataSet('glyphs')
  const pictures = await Promise.all(
    [0, 1].map(async (i) => {
      const data = Uint8Array.from(split.inputs.subarray(i * 784, (i + 1) * 784))
      await writePng(join(folder, `light${i}.png`), { width: 28, height: 28, channels: 1, data })
      await writePng(join(folder, `dark${i}.png`), {
        width: 28,
        height: 28,
        channels: 1,
        data: data.map((p) => 255 - p),
      })
      return [`light${i}.png`, `dark${i}.png`]
    }),
  )
  const [light, dark] = [pictures.map(([name]) => name!), pictures.map(([, name]) => name!)]
  const predicted = JSON.parse((await onward(folder, 'predict', done.run, ...light, '--json')).stdout)
  const inverted = JSON.parse((await onward(folder, 'predict', done.run, ...dark, '--invert', '--json')).stdout)
  const labels = (list: { label: number }[]): number[] => list.map(({ label }) => label)
  assert.deepEqual(labels(predicted), labels(inverted))
  assert.deepEqual(predicted[0].image, 'light0.png')
  assert.equal(predicted[0].scores.length, 10)

  const whole = JSON.parse((await onward(folder, 'predict', done.run, '.', '--json')).stdout)
  assert.deepEqual(
    whole.map(({ image }: { image: string }) => image),
    [...dark, ...light],
  )
  assert.deepEqual(labels(whole.slice(2)), labels(predicted))

  writeFileSync(join(folder, 'text.png'), 'no picture')
  const mixed = await onward(folder, 'predict', done.run, 'text.png', light[0]!, '--json')
  assert.deepEqual([mixed.code, JSON.parse(mixed.stdout)[1]], [1, predicted[0]])
  assert.match(JSON.parse(mixed.stdout)[0].error, /text\.png is neither PNG, JPEG/)
  assert.match(mixed.stderr, /^onward: The image text\.png is neither/)

  const drawn = JSON.parse((await onward(folder, 'samples', done.run, '--json')).stdout)
  assert.deepEqual(
    drawn.pictures.map(({ picture, images }: { picture: string; images: number }) => [picture, images]),
    [
      ['filters', 20],
      ['decision', 1],
    ],
  )
  // What is said of the first test images is what is drawn of them.
  const { decisions, from } = drawn.pictures[1]
  const scored = decisions.map(({ scores }: { scores: number[] }) => scores.indexOf(Math.max(...scores)))
  assert.equal(from, 'the first test images')
  assert.deepEqual(
    decisions.map(({ said }: { said: number }) => said),
    scored,
  )
  assert.ok(decisions.length === 4 && decisions.every(({ right, wrong }: Record<string, number>) => right !== wrong))
  const larger = JSON.parse(
    (await onward(folder, 'samples', done.run, 'filters', '--scale', '4', '--out', 'l', '--json')).stdout,
  )
  const widthOf = async (file: string): Promise<number> => (await readImage(join(folder, file), 4000)).width
  const [usual, four] = [await widthOf(drawn.pictures[0].file), await widthOf(larger.pictures[0].file)]
  assert.equal(four - usual, 10 * 28)
  const data = Uint8Array.from({ length: 120 * 60 }, (_, i) => {
    const [x, y] = [i % 120, Math.floor(i / 120)]
    return x >= 20 && x < 100 && y >= 20 && y < 40 ? 250 : 60
  })
  await writePng(join(folder, 'bar.png'), { width: 120, height: 60, channels: 1, data })
  const doubtful = [dark[0]!, 'bar.png']
  const noted = JSON.parse((await onward(folder, 'predict', done.run, ...doubtful, '--json')).stdout)
  const turned = JSON.parse((await onward(folder, 'predict', done.run, light[0]!, '--invert', '--json')).stdout)
  assert.deepEqual(
    [predicted[0], inverted[0], ...noted, turned[0]].flatMap(({ notes }) => notes),
    [
      'light ink on a dark ground; it lies as the training images do',
      'dark ink on a light ground; it lies as the training images do',
      'dark ink on a light ground; it lies as the training images do',
      'light ink on a dark ground; 80x20 of 120x60 pixels cut out, scaled to 21 and centred by its box',
      'no dark ink was found: leave --invert out?',
      'its border is light, those of the training images are dark',
    ],
  )
  const unknown = await onward(folder, 'samples', done.run, 'filter')
  assert.deepEqual([unknown.code, unknown.stdout], [2, ''])
  assert.match(unknown.stderr, /"filter".*"filters"/)

  const exported = await onward(folder, 'export', done.run)
  assert.equal(exported.code, 0)
  assert.match(exported.stdout, /model\.onnx: [\d.]+ KiB, checked by running it alone on 100 test samples\./)
  assert.match(exported.stdout, /input {3}x {7}float32 \[N, 1, 28, 28\]/)
  assert.deepEqual(
    ['model.onnx', 'model.onnx.part'].map((name) => existsSync(join(folder, done.run, name))),
    [true, false],
  )

  writeFileSync(join(folder, 'not.png'), 'this is text')
  const refused = await onward(folder, 'predict', done.run, 'not.png')
  assert.deepEqual([refused.code, refused.stdout], [1, ''])
  assert.match(refused.stderr, /^onward: The image not\.png is neither PNG, JPEG/)
  const taken = await onward(folder, ...glyphs('forward-forward', 600, '--out', done.run))
  assert.equal(taken.code, 1)
  assert.match(taken.stderr, /holds a run already/)
  const other = await onward(folder, 'train', 'backprop', '--resume', done.run)
  assert.deepEqual(
    [other.code, other.stderr],
    [2, `onward: ${done.run} is a run of forward-forward, not of backprop.\n`],
  )
  const changed = await onward(folder, 'train', '--resume', done.run, '--batch', '9')
  assert.equal(changed.code, 2)
  assert.match(changed.stderr, /leave --batch out/)
})

test('Ctrl-C, told twice at once as npm does, saves and exits with 130; resumed, the run ends as if never stopped', async () => {
  const args = glyphs('backprop', 400, '--epochs', '80', '--json')
  const whole = onward(folder, ...args, '--out', 'whole')
  const run = start(folder, [...args, '--out', 'cut'])
  let pressed = false
  run.onOutput((stdout) => {
    if (pressed || !stdout.includes('"progress"')) return
    pressed = true
    run.signal('SIGINT')
    setTimeout(() => run.signal('SIGINT'), 5)
  })
  const cut = await run.ended
  assert.equal(cut.code, 130)
  assert.match(cut.stderr, /^Stopping and saving the run/)
  assert.match(cut.stderr, /Go on with: onward train --resume cut\n$/)
  const last = events(cut).at(-1)
  assert.deepEqual([last.event, last.reason], ['stopped', 'aborted'])

  const resumed = events(await onward(folder, 'train', '--resume', 'cut', '--threads', '1', '--json'))
  assert.ok(resumed[0].resumedAt > 0)
  assert.equal(resumed.at(-1).test.network.accuracy, events(await whole).at(-1).test.network.accuracy)
  assert.deepEqual(
    readFileSync(join(folder, 'cut', 'checkpoint.safetensors')),
    readFileSync(join(folder, 'whole', 'checkpoint.safetensors')),
  )
})

test('numbers that blow up end a run with 1, one sentence, and the last good checkpoint', async () => {
  const ended = await onwardAlone(folder, ...glyphs('backprop', 400, '--set', 'rate=1e9', '--out', 'blown', '--json'))
  assert.equal(ended.code, 1)
  assert.match(ended.stderr, /^onward: .*smaller rate.*the last good checkpoint is blown\/checkpoint\.safetensors\n$/)
  const last = events(ended).at(-1)
  assert.deepEqual([last.event, last.reason], ['stopped', 'not-finite'])
  const evaluated = await onward(folder, 'evaluate', 'blown')
  assert.equal(evaluated.code, 0)
  assert.match(
    evaluated.stdout,
    /\nIts training failed, and these figures are those of its last checkpoint: optimizer\./,
  )
})

test('a run whose reader has gone saves and ends quietly', async () => {
  const run = start(folder, glyphs('backprop', 400, '--epochs', '2000', '--out', 'unread', '--json'))
  run.onOutput((stdout) => {
    if (stdout.includes('"progress"')) run.closeOutput()
  })
  const { code, stderr } = await run.ended
  assert.equal(code, 130)
  assert.match(stderr, /^onward: stopped in epoch .*\nGo on with: onward train --resume unread\n$/)
  const { stdout } = await onward(folder, 'evaluate', 'unread')
  assert.match(stdout, /\nIts training was stopped: onward train --resume unread goes on\.\n$/)
})

test('of two runs started into one folder at once, one trains and the other says who is there', async () => {
  const args = glyphs('forward-forward', 200, '--epochs', '1', '--out', 'shared')
  const both = await Promise.all([onwardAlone(folder, ...args), onwardAlone(folder, ...args)])
  assert.deepEqual(both.map(({ code }) => code).sort(), [0, 1])
  const refused = both.find(({ code }) => code === 1)!
  assert.match(refused.stderr, /^onward: shared (is in use by process \d+|holds a run already)/m)
  const evaluated = await onward(folder, 'evaluate', 'shared', '--json')
  assert.equal(evaluated.code, 0)
})
