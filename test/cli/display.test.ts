import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toType } from '../../src/cli/to-type.js'
import { jsonReporter, lineReporter } from '../../src/cli/train/report.js'
import { renderScreen } from '../../src/cli/train/screen.js'
import { liveBlock } from '../../src/cli/train/terminal.js'
import { EMPTY_VIEW, follow, type View } from '../../src/cli/train/view.js'
import type { TrainEvent } from '../../src/train/events.js'
import { DONE, EPOCH, PROGRESS, START } from './fake-run.js'
import './no-colour.js'

const after = (...events: readonly TrainEvent[]): View => events.reduce(follow, EMPTY_VIEW)

const recorder = (size: { columns?: number; rows?: number; isTTY?: true } = {}) => {
  const writes: string[] = []
  return { ...size, writes, text: () => writes.join(''), write: (text: string) => writes.push(text) }
}

test('the screen shows rate, time left, epoch and one row for each layer, and the rest below', () => {
  assert.deepEqual(renderScreen(after(START, PROGRESS), 100, 20), [
    'epoch 1 of 2  ━━━━━━──────────────────   25 %   12,346 samples/s       12 s left',
    '                loss  separation',
    '  layer 0     0.5000     81.00 %',
    '  layer 1     0.2500',
    '  head         1.500',
  ])
})

test('lines of a summary break between words, not inside numbers or paths, and a path is quoted for the shell', () => {
  const output = recorder({ columns: 64 })
  const reporter = lineReporter(output, recorder(), () => ({}))
  for (const event of [START, { ...DONE, run: 'my runs/it is' } as TrainEvent]) reporter.show(event)
  const lines = output.text().split('\n')
  assert.deepEqual(lines.slice(1, 3), [
    'forward-forward on glyphs: 95.60 % of the test samples right',
    'after 8.5 s at 12,100 samples/s.',
  ])
  assert.deepEqual(lines.slice(-3), [
    'Kept in my runs/it is',
    `use it with: ${toType('evaluate', 'my runs/it is')}`,
    '',
  ])
})

test('what a rule warns of stands below the first line', () => {
  const output = recorder()
  const reporter = lineReporter(output, recorder(), () => ({}))
  reporter.show({ ...START, warnings: ['deep networks of this kind tend to collapse: take fewer layers'] })
  assert.match(output.text(), /\nWarning: deep networks of this kind tend to collapse: take fewer layers\.\n/)
})

test('advice is a line of its own, with the name of its block, and a whole object for programs', () => {
  const [output, machine] = [recorder(), recorder()]
  const message = '480 of 500 units are dead: try a smaller step size'
  const measured = { kind: 'dead units', measured: 'part of the units that are dead', value: 0.96 }
  const advice = { event: 'advice', step: 10, epoch: 1, block: 'layer 0', ...measured, message } as const
  const reporter = lineReporter(output, recorder(), () => ({}))
  for (const event of [START, advice, { ...advice, block: undefined } as unknown as TrainEvent]) reporter.show(event)
  assert.deepEqual(output.text().split('\n').slice(-3), [`Advice: layer 0: ${message}.`, `Advice: ${message}.`, ''])
  jsonReporter(machine, recorder()).show(advice)
  assert.deepEqual(JSON.parse(machine.text()), advice)
})

test('after an epoch every layer has its validation accuracy, and the network its own', () => {
  assert.deepEqual(renderScreen(after(START, PROGRESS, EPOCH, { ...PROGRESS, epoch: 2 }), 100, 20), [
    'epoch 2 of 2  ━━━━━━──────────────────   25 %   12,346 samples/s       12 s left',
    '                loss  separation  validation accuracy',
    '  layer 0     0.5000     81.00 %              91.20 %',
    '  layer 1     0.2500                          93.45 %',
    '  head         1.500',
    '  network                                     95.10 %',
  ])
})

test('greedy training marks the layer that learns', () => {
  const lines = renderScreen(after(START, { ...PROGRESS, learns: 'layer 1' }), 100, 20)
  assert.match(lines[3]!, /^ {2}layer 1 \(learns now\)/)
})

test('figures of the network alone stand one below the other, each beside what it was measured on', () => {
  const progress = { ...PROGRESS, metrics: { network: { loss: 2, accuracy: 0.1 } } }
  const epoch = { ...EPOCH, metrics: progress.metrics, validation: { network: { accuracy: 0.12, J: 3 } } }
  assert.deepEqual(renderScreen(after(START, progress, epoch), 100, 20).slice(1), [
    '             training  validation',
    '  loss          2.000',
    '  accuracy    10.00 %     12.00 %',
    '  J                         3.000',
  ])
})

test('columns stay where they are, however wide the numbers', () => {
  const shown = (loss: number, separation: number): string =>
    renderScreen(
      after(START, { ...PROGRESS, metrics: { blocks: { 'layer 0': { loss, separation } } } }),
      ...([100, 20] as const),
    )[2]!
  const [short, long] = [shown(0, 0), shown(0.0001234, 1)]
  assert.equal(short.length, long.length)
  const facts = (rowsPerSecond: number, secondsLeft: number): string =>
    renderScreen(after(START, { ...PROGRESS, rowsPerSecond, secondsLeft }), 100, 20)[0]!
  assert.equal(facts(1, 1).length, facts(123456, 3000).length)
})

test('while held-out samples are measured, the bar shows how many are done', () => {
  const measuring = { event: 'measuring', what: 'test', done: 500, of: 2000 } as const
  assert.equal(
    renderScreen(after(START, PROGRESS, measuring), 100, 20)[0],
    'epoch 1 of 2  ━━━━━━──────────────────  measuring 500 of 2,000 test samples',
  )
  const [again] = renderScreen(after(START, PROGRESS, measuring, PROGRESS), 100, 20)
  assert.ok(!again!.includes('measuring'))
})

test('steps between epochs are counted', () => {
  const between = { step: 'align', done: 1200, of: 5000 }
  const [facts] = renderScreen(after(START, { ...PROGRESS, epoch: 2, between }), 100, 20)
  assert.match(facts!, /^epoch 2 of 2 .* 25 % {2}before it: align 1,200 of 5,000 /)
})

test('where the table is too wide, figures of the training give way to those of held-out images', () => {
  assert.deepEqual(renderScreen(after(START, PROGRESS, EPOCH), 44, 20).slice(1), [
    '                loss  validation accuracy',
    '  layer 0     0.3750              91.20 %',
    '  layer 1     0.1250              93.45 %',
    '  head         1.000',
    '  network                         95.10 %',
  ])
})

test('the screen keeps to the size of the terminal', () => {
  const lines = renderScreen(after(START, PROGRESS, EPOCH), 30, 4)
  assert.equal(lines.length, 4)
  assert.ok(lines.every((line) => line.length <= 30))
  assert.equal(lines[3], '...')
})

test('the block is drawn over itself, at most ten times a second, and leaves nothing when cleared', () => {
  const output = recorder({ columns: 100, rows: 30 })
  let now = 0
  const block = liveBlock(output, () => now)
  const view = after(START, PROGRESS)
  block.draw(view)
  now = 50
  block.draw(view)
  assert.equal(output.writes.length, 1)
  block.draw(view, { force: true })
  assert.ok(output.writes[1]!.startsWith('\r\x1b[5A\x1b[0Jepoch 1 of 2 '))
  now = 200
  block.note('saved')
  assert.ok(output.writes[2]!.startsWith('\r\x1b[5A\x1b[0Jsaved\nepoch 1 of 2 '))
  block.clear()
  assert.equal(output.writes[3], '\r\x1b[5A\x1b[0J')
})

test('without a terminal: a line at the start, one an epoch, and the summary', () => {
  const output = recorder()
  const aside = recorder()
  const reporter = lineReporter(output, aside, () => ({ backpropBytes: 2 ** 21 }))
  for (const event of [START, PROGRESS, EPOCH, DONE]) reporter.show(event)
  const kept = `Kept in runs/forward-forward-glyphs-1; use it with: ${toType('evaluate', 'runs/forward-forward-glyphs-1')}`
  assert.equal(
    output.text(),
    `forward-forward on glyphs: 9,000 samples to learn from, 1,000 held out, 2 epochs, batches of 100, seed 0, cpu
epoch 1 of 2  validation accuracy 95.10 % (layer 0 91.20 %, layer 1 93.45 %)  12,000 samples/s  4.3 s
forward-forward on glyphs: 95.60 % of the test samples right after 8.5 s at 12,100 samples/s.

Held-out samples
           validation accuracy  test accuracy
  layer 0              91.20 %        92.00 %
  layer 1              93.45 %        94.00 %
  network              95.10 %        95.60 %

What each layer learns from: the certificate, read from the graph of the step
  layer 0  learns from its own input alone; the label is part of its input; what it is fed is chosen
           using layer 1 (a choice of 3.32 bits a sample, no gradient)
  layer 1  learns from its own input alone; the label is part of its input
  Local: no gradient passes from one layer to another, and from above comes nothing but a choice of
  3.32 bits a sample.

Memory of a training step
  activations at their peak  3.0 MiB (backpropagation through the same layers: 2.0 MiB)
  weights and optimiser      7.5 MiB

${kept.length <= 100 ? kept : kept.replace('; ', '\n')}
`,
  )
  assert.equal(aside.text(), '')
})

test('a preset and 8 bits are told, and a layer trained alone has no accuracy to tell', () => {
  const output = recorder()
  const reporter = lineReporter(output, recorder(), () => ({}))
  const start = { ...START, preset: 'fast', precision: 'int8', highest: 'layer 0' }
  for (const event of [start, DONE]) reporter.show(event)
  const lines = output.text().split('\n')
  assert.match(lines[0]!, /^forward-forward on glyphs, preset fast: .* seed 0, cpu, int8$/)
  assert.match(lines[1]!, /: layer 0 has learned, those above it not yet after /)
})

test('an early stop is told, on a terminal above the block', () => {
  const stopped = { event: 'stopped', reason: 'early', step: 90, message: 'no better for 3 epochs' } as const
  const [line, block] = [recorder(), recorder({ columns: 100, rows: 30, isTTY: true })]
  for (const output of [line, block]) {
    const reporter = lineReporter(output, output, () => ({}))
    for (const event of [START, stopped]) reporter.show(event)
  }
  assert.ok(line.text().endsWith('\nno better for 3 epochs\n'))
  assert.ok(block.writes.at(-2)!.includes('\x1b[0Jno better for 3 epochs\nstarting '))
})

test('on a terminal the lines stay above the block, an epoch on one line, and the block is gone at the end', () => {
  const output = recorder({ columns: 80, rows: 30, isTTY: true })
  const reporter = lineReporter(output, output, () => ({}))
  for (const event of [START, PROGRESS, EPOCH, DONE]) reporter.show(event)
  assert.deepEqual(seen(output.text()).slice(0, 5), [
    'forward-forward on glyphs: 9,000 samples to learn from, 1,000 held out, 2',
    'epochs, batches of 100, seed 0, cpu',
    'epoch 1 of 2  validation accuracy 95.10 %  12,000 samples/s  4.3 s',
    'forward-forward on glyphs: 95.60 % of the test samples right after 8.5 s at',
    '12,100 samples/s.',
  ])
})

/** What a terminal shows in the end: what was drawn over is gone. */
function seen(text: string): string[] {
  const [first, ...redrawn] = text.split('\r\x1b[').map((piece) => piece.split('\n').slice(0, -1))
  return redrawn.reduce((lines, [head, ...rest]) => {
    const [up, drawn] = head?.split('A\x1b[0J') ?? ['0']
    return [...lines.slice(0, lines.length - Number(up)), ...(drawn ? [drawn] : []), ...rest]
  }, first!)
}

test('the first line of the block fits into 80 columns, with room for the bar', () => {
  const [facts] = renderScreen(after(START, { ...PROGRESS, rowsPerSecond: 123456, secondsLeft: 3000 }), 79, 20)
  assert.match(facts!, /^epoch 1 of 2 {2}━+─+ {3}25 % {2}123,456 samples\/s {2}50:00 min left$/)
  assert.ok(facts!.length <= 79)
})

test('as JSON: one object a line and nothing else, notes aside', () => {
  const output = recorder()
  const aside = recorder()
  const reporter = jsonReporter(output, aside)
  for (const event of [START, PROGRESS, EPOCH, DONE]) reporter.show(event)
  reporter.note('stopping')
  const lines = output.text().trimEnd().split('\n')
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)),
    [START, PROGRESS, EPOCH, DONE],
  )
  assert.equal(aside.text(), 'stopping\n')
})
