// At most 20 s: some twenty programs are started, and arms are tuned.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { render } from '../../src/cli/compare/formats.js'
import { pValue } from '../../src/cli/compare/table.js'
import type { Comparison } from '../../src/compare/result.js'
import { pairedDifference, summarized } from '../../src/compare/statistics/paired.js'
import { onward, workFolder } from './onward.js'

const folder = workFolder()
const SMALL = ['--data', 'glyphs', '--limit', '60', '--batch', '10', '--budget', 'epochs=1', '--threads', '1']

test('a comparison from the command line: backpropagation is added, tables on standard output, its course beside', async () => {
  const { code, stdout, stderr } = await onward(
    folder,
    'compare',
    'bp:units=5,rate=0.01',
    'ff',
    ...SMALL,
    '--seeds',
    '1',
  )
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^Test accuracy \(%\) on glyphs, 1 seed; larger is better$/m)
  assert.match(stdout, /^ {2}forward-forward +\d+\.\d\d +1$/m)
  assert.match(stdout, /^Difference to backprop:units=5,rate=0\.01 \(%\), seed by seed: paired t test$/m)
  assert.match(stderr, /^run 2 of 2: forward-forward, seed 0: accuracy \d+\.\d\d %, /m)
  const out = join(folder, 'runs', 'compare-glyphs-1')
  assert.ok(existsSync(join(out, 'runs', '2-forward-forward', 'seed-0', 'metrics.jsonl')))
  assert.deepEqual(JSON.parse(readFileSync(join(out, 'compare.json'), 'utf8')).arms[1].hyper.units, [5])

  const again = await onward(
    folder,
    'compare',
    'bp:units=5,rate=0.01',
    'ff',
    ...SMALL,
    '--seeds',
    '1',
    '--out',
    out,
    '--json',
  )
  assert.equal(again.code, 0, again.stderr)
  assert.match(again.stderr, /^run 1 of 2: .* \(kept\)$/m)
  const { arms, reference } = JSON.parse(again.stdout)
  assert.deepEqual([arms.length, reference], [2, 'backprop:units=5,rate=0.01'])
  assert.ok(arms[0].flopPerSample > 0 && arms[0].parameters === 784 * 5 + 5 + 5 * 10 + 10)
})

test('a comparison of which no run comes to a figure says so, and exits with 1', async () => {
  const { code, stdout, stderr } = await onward(
    folder,
    ...['compare', 'bp:units=5,optimizer=sgd,rate=1e30', ...SMALL, '--seeds', '1', '--out', join(folder, 'blown')],
  )
  assert.equal(code, 1, stdout)
  assert.match(stderr, /^run 1 of 1: backprop.*, seed 0: no figure: /m)
})

test('tuned arms: as many trials for each, what is stated stays, and a second call makes none again', async () => {
  const out = join(folder, 'tuned')
  const words = ['compare', 'bp:units=5,optimizer=sgd', 'ff', ...SMALL, '--seeds', '1', '--tune', '2', '--out', out]
  const { code, stdout, stderr } = await onward(folder, ...words, '--json')
  assert.equal(code, 0, stderr)
  for (const arm of ['backprop:units=5,optimizer=sgd', 'forward-forward'])
    for (const trial of [1, 2]) assert.match(stderr, new RegExp(`^${arm}: trial ${trial} of 2, `, 'm'))
  const { notes } = JSON.parse(stdout)
  const found = notes.filter((note: string) => note.includes(' was tuned: '))
  assert.equal(found.length, 2)
  assert.doesNotMatch(found[0], /tuned:.* optimizer=/)
  const study = '2-forward-forward'
  const best = JSON.parse(readFileSync(join(out, 'studies', `${study}.best.json`), 'utf8'))
  const run = JSON.parse(readFileSync(join(out, 'runs', study, 'seed-0', 'config.json'), 'utf8'))
  assert.deepEqual(run.hyper, best.hyper)
  assert.deepEqual([run.options.seed, best.options.seed], [0, 1_000_000])

  const again = await onward(folder, ...words)
  assert.equal(again.code, 0, again.stderr)
  assert.doesNotMatch(again.stderr, /: trial /)
  const other = await onward(folder, ...words.map((word) => (word === '2' ? '3' : word)))
  assert.match(other.stderr, /holds another comparison: its trials is 2, here it is 3/)
})

test('an arm that leaves nothing open is compared as it is', async () => {
  const stated = await onward(
    folder,
    'compare',
    'bp:units=5,rate=0.1,optimizer=sgd,momentum=0,weightDecay=0,schedule=constant',
    'bp:units=4',
    ...SMALL,
    '--seeds',
    '1',
    '--tune',
    '1',
  )
  assert.equal(stated.code, 0, stated.stderr)
  assert.match(stated.stderr, /was not tuned: it leaves no option open/)
})

test('what is wrong is told before anything is trained', async () => {
  const wrong = async (message: RegExp, ...args: string[]): Promise<void> => {
    const { code, stderr } = await onward(folder, 'compare', ...args)
    assert.deepEqual([code, message.test(stderr)], [2, true], stderr)
  }
  await wrong(/missing required argument 'arm'/)
  await wrong(/Say what to learn/, 'ff')
  await wrong(/The arm backprop is named twice/, 'bp', 'backprop', '--data', 'glyphs')
  await wrong(/There is no format "md"/, 'bp', '--data', 'glyphs', '--format', 'md')
  await wrong(/--json and another --format exclude each other/, 'bp', '--data', 'glyphs', '--format', 'csv', '--json')
  await wrong(/--budget takes epochs=5/, 'bp', '--data', 'glyphs', '--budget', '5')
  await wrong(/There is no kind of weights "mine"/, 'bp', '--data', 'glyphs', '--weights', 'mine')
  await wrong(/trifecta has no option units/, 'bp', 'trifecta', '--data', 'glyphs', '--set', 'units=5')
  await wrong(/backprop cannot train layer after layer/, 'bp', '--data', 'glyphs', '--schedule', 'greedy')
  await wrong(/An epoch of backprop takes \d+ images, more than/, 'bp', '--data', 'glyphs', '--budget', 'images=10')
})

const row = (arm: string, values: number[], reference?: number[]): Comparison['arms'][number] => ({
  ...{
    arm,
    rule: arm,
    source: 'ours',
    hyper: {},
    options: {},
    seconds: 61.4,
    samplesPerSecond: 12345,
    figure: summarized(values),
  },
  runs: values.map((value, seed) => ({
    seed,
    value,
    path: `runs/a,b/seed-${seed}`,
    seconds: 1,
    samplesPerSecond: 2,
    samples: 3,
  })),
  ...(reference && { difference: { ...pairedDifference(values, reference), pHolm: 0.04 } }),
  ...{ peakActivationBytes: 1536, stateBytes: 1024, parameters: 1000, flopPerSample: 2_500_000, certificate: 'local' },
})
const BACKPROP = [0.91, 0.92, 0.9]
const COMPARISON: Comparison = {
  ...{ data: 'glyphs', criterion: { figure: 'accuracy', better: 'larger' }, seeds: [0, 1, 2], reference: 'backprop' },
  arms: [row('a_rule@x', [0.95, 0.93, 0.96], BACKPROP), row('backprop', BACKPROP)],
  notes: ['Other layers: units=5|6.'],
}

test('Markdown: tables with aligned columns, notes below', () => {
  const lines = render(COMPARISON, 'markdown', 80)
  assert.deepEqual(lines.slice(0, 6), [
    '**Test accuracy (%) on glyphs, 3 seeds; larger is better**',
    '',
    '| arm | mean | deviation | 95 % interval | seeds |',
    '| --- | ---: | ---: | ---: | ---: |',
    '| a_rule@x | 94.67 | 1.53 | 90.87 to 98.46 | 3 |',
    '| backprop | 91.00 | 1.00 | 88.52 to 93.48 | 3 |',
  ])
  assert.ok(lines.includes('| a_rule@x | 3.67 | -2.58 to 9.92 | 0.128 | 0.040 | 1.46 | 6 |'), lines.join('\n'))
  assert.ok(lines.includes('- Other layers: units=5\\|6.'))
})

test('LaTeX: booktabs, with its signs escaped, and the notes as comments', () => {
  const lines = render(COMPARISON, 'latex', 80)
  assert.ok(lines.includes('  \\caption{Test accuracy (\\%) on glyphs, 3 seeds; larger is better.}'))
  assert.ok(lines.includes('    a\\_rule@x & 94.67 & 1.53 & 90.87 to 98.46 & 3 \\\\'), lines.join('\n'))
  assert.equal(lines.filter((line) => line === '\\begin{table}').length, 3)
  assert.equal(lines[0], '% \\usepackage{booktabs}')
  assert.ok(lines.includes('% Other layers: units=5|6.'))
})

test('CSV: a run a row, in full precision, quoted where it must be', () => {
  const lines = render(COMPARISON, 'csv', 80)
  assert.equal(lines.length, 1 + 6)
  assert.equal(lines[1], 'a_rule@x,0,0.95,1,2,3,1000,2500000,1536,1024,local,"runs/a,b/seed-0"')
})

test('small p-values are not told as 0', () => {
  assert.deepEqual([pValue(0.00001), pValue(0.0123), pValue(undefined)], ['< 0.001', '0.012', ''])
})

test('meter: a row for the own network and for each depth; as JSON in bytes', async () => {
  const given = ['ff:negatives=uniform', '--input', '1x5x5', '--classes', '3', '--batch', '4', '--set', 'units=6']
  const { code, stdout, stderr } = await onward(folder, 'meter', ...given, '--depth', '1,3')
  assert.equal(code, 0, stderr)
  assert.match(stdout, /^1 \(own\) +\d+ .*\n1 +\d+ .*\n3 +\d+ /m)
  const { depths } = JSON.parse((await onward(folder, 'meter', ...given, '--depth', '4,8', '--json')).stdout)
  assert.equal(depths[0].greedy.activationBytes, depths[1].greedy.activationBytes)
  assert.ok(depths[0].backpropagation.plain < depths[1].backpropagation.plain)
  const wrong = await onward(folder, 'meter', 'bp', '--depth', '0')
  assert.deepEqual([wrong.code, /--depth takes numbers of layers from 1/.test(wrong.stderr)], [2, true])
  assert.match((await onward(folder, 'meter', 'bp', '--input', '28by28')).stderr, /--input takes the shape/)
  assert.match((await onward(folder, 'meter', 'bp', '--classes', '3')).stderr, /--classes goes with --input/)
})
