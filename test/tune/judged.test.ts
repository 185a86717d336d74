import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { readStudy } from '../../src/tune/journal.node.js'
import { events, onward, workFolder } from '../cli/onward.js'

const SEARCH = [
  ...[
    'tune',
    'hopfield-vae',
    '--data',
    'glyphs',
    '--limit',
    '300',
    '--validation',
    '80',
    '--epochs',
    '1',
    '--threads',
    '1',
  ],
  ...['--set', 'variant=F', '--set', 'hidden=10', '--set', 'latent=2', '--space', 'rate=0.0001,0.01'],
]

test('the distance of samples to held-out images, precision and the squared error are searched together', async () => {
  const folder = workFolder()
  const objectives = ['frechet', 'samplePrecision', 'SE'].flatMap((key) => ['--objective', key])
  const ended = await onward(folder, ...SEARCH, ...objectives, '--trials', '2', '--study', 's.jsonl', '--json')
  assert.equal(ended.code, 0, ended.stderr)
  const all = events(ended)
  assert.deepEqual(all[0].objectives, [
    { key: 'FD-pixelPCA64', direction: 'minimize' },
    { key: 'samplePrecision-pixelPCA64', direction: 'maximize' },
    { key: 'SE', direction: 'minimize' },
  ])
  const finished = all.filter(({ event }) => event === 'finished')
  assert.equal(finished.length, 2)
  for (const { state, values, figures } of finished) {
    assert.equal(state, 'complete')
    const [distance, precision, error] = values
    assert.ok(distance > 0 && precision >= 0 && precision <= 1 && error > 0, `${values}`)
    assert.ok(figures['sampleRecall-pixelPCA64'] >= 0)
  }
  // A run with the settings of a trial, judged by the same held-out images, has the same figures.
  const [trial] = all.at(-1).front
  const run = await onward(folder, 'train', '--config', trial.config, '--out', 'run', '--json')
  assert.equal(run.code, 0, run.stderr)
  const judged = await onward(folder, 'samples', 'run', 'prior', '--judge', '--against', 'validation', '--json')
  const { samples, metric, count } = JSON.parse(judged.stdout).judged
  assert.deepEqual([metric, count], ['FD-pixelPCA64', 80])
  assert.ok(Math.abs(samples.distance / trial.values[0] - 1) < 1e-6, `${samples.distance} ${trial.values[0]}`)
  assert.equal(samples.precision, trial.values[1])

  const longer = await onward(folder, 'tune', '--study', 's.jsonl', '--trials', '2')
  assert.equal(longer.code, 0, longer.stderr)
  assert.equal(readStudy(join(folder, 's.jsonl'))!.trials.length, 2)
})

test('samples that cannot be judged are refused before the study begins', async () => {
  const folder = workFolder()
  const refusals: [readonly string[], RegExp][] = [
    [['tune', 'backprop', '--data', 'glyphs', '--objective', 'frechet'], /judges images made of noise, and backprop/],
    [[...SEARCH, '--features', 'pixels'], /--features says how samples are judged: add --objective frechet/],
    [[...SEARCH, '--validation', '30', '--objective', 'frechet'], /30 images are held out, .* 64 features needs more/],
    [[...SEARCH, '--objective', 'frechet', '--features', 'nowhere'], /there is no folder nowhere/],
  ]
  for (const [args, message] of refusals) {
    const ended = await onward(folder, ...args, '--study', 'none.jsonl')
    assert.match(ended.stderr.replaceAll(/\s+/g, ' '), message)
    assert.equal(ended.code, 2)
  }
})
