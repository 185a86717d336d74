import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { onward, workFolder } from './onward.js'

const folder = workFolder()
const SMALL = ['--data', 'glyphs', '--limit', '300', '--threads', '1', '--json']
const JUDGED = ['--judge', '--samples', '60', '--draws', '2']

before(async () => {
  const runs = [
    ['hopfield-vae', '--out', 'vae', '--epochs', '2', '--set', 'variant=F', '--set', 'hidden=20', '--set', 'latent=3'],
    ['backprop', '--out', 'classifier', '--epochs', '2', '--set', 'units=12'],
    ['forward-forward', '--out', 'goodness', '--epochs', '1', '--set', 'units=10', '--set', 'predict=energy'],
  ]
  for (const run of runs) {
    const ended = await onward(folder, 'train', ...run, ...SMALL)
    assert.equal(ended.code, 0, ended.stderr)
  }
})

const told = async (...args: readonly string[]): Promise<string> => {
  const ended = await onward(folder, ...args)
  assert.deepEqual([ended.code, ended.stderr], [0, ''])
  return ended.stdout
}

test('samples --judge: figures, floor and likelihood, for people and for machines', async () => {
  const text = await told('samples', 'vae', 'prior', ...JUDGED)
  assert.match(text, /FD-pixelPCA64: the Frechet distance between 60 test images and as many of each kind, by/)
  assert.match(text, /These are no more images than features \(64\): the distance says little/)
  for (const row of ['samples of noise', 'training images: the floor'])
    assert.match(text, new RegExp(`${row} +[\\d.]+ +[\\d.]+ % +[\\d.]+ %`))
  assert.match(text, /reconstructions of these images +[\d.]+\n/)
  assert.match(text, /Likelihood of 60 of these images: at least -?[\d.]+ nats .* bits\s+per\s+dimension/s)
  const { judged, pictures } = JSON.parse(await told('samples', 'vae', 'prior', ...JUDGED, '--json'))
  assert.equal(pictures[0].picture, 'prior')
  const { metric, count, neighbours, against, seed, samples, floor, reconstructions, likelihood, features } = judged
  assert.deepEqual([metric, count, neighbours, against, seed], ['FD-pixelPCA64', 60, 60, 'test', 0])
  assert.deepEqual([features.name, features.size], ['pixelPCA64', 64])
  assert.ok(samples.distance > floor.distance && reconstructions.distance > 0)
  assert.deepEqual([likelihood.images, likelihood.draws, likelihood.isExact], [60, 2, false])
  assert.ok(likelihood.nats >= likelihood.evidenceBound)
  const evaluated = JSON.parse(await told('evaluate', 'vae', ...JUDGED, '--json'))
  assert.deepEqual(evaluated.judged, judged)
  assert.equal(JSON.parse(await told('evaluate', 'vae', '--json')).judged, undefined)
  assert.match(await told('evaluate', 'vae', ...JUDGED), /training images: the floor/)
})

test('by held-out images, and by the features of a classifier and of an ONNX file', async () => {
  const held = JSON.parse(
    await told('samples', 'vae', 'prior', ...JUDGED, '--against', 'validation', '--draws', '0', '--json'),
  ).judged
  assert.deepEqual([held.against, held.count, held.likelihood], ['validation', 30, undefined])
  const by = JSON.parse(await told('samples', 'vae', 'prior', ...JUDGED.with(0, '--judge=classifier'), '--json')).judged
  assert.match(by.metric, /^FD-backprop-glyphs@[0-9a-f]{8}$/)
  assert.ok(by.features.sha256.startsWith(by.metric.slice(-8)))
  assert.deepEqual([by.features.size, by.classifier.samples, by.classifier.confidence], [12, 60, 0.9])
  const shares = Object.values(by.classifier.classes) as number[]
  assert.ok(Math.abs(shares.reduce((a, b) => a + b) - by.classifier.sure) < 1e-9)
  await told('export', 'classifier')
  const file = join('classifier', 'model.onnx')
  const model = JSON.parse(await told('samples', 'vae', 'prior', ...JUDGED, '--features', file, '--json')).judged
  assert.deepEqual([model.features.size, model.metric.slice(0, 9)], [10, 'FD-model@'])
})

test('what cannot be judged is refused before anything is written', async () => {
  const refusals: [readonly string[], RegExp][] = [
    [['--features', 'pixels'], /--features says how to judge: add --judge, or leave it out/],
    [['--judge', '--against', 'train'], /--against takes test or validation, not "train"/],
    [['--judge', 'classifier', '--features', 'pixels'], /leave RUN or --features out/],
    [['--judge', '--features', 'nowhere'], /there is no folder nowhere: features are pixels, those of a run/],
    [['--judge', '--features', 'vae'], /features are those of a run that predicts; hopfield-vae \(vae\) only draws/],
    [['--judge', '--features', 'goodness'], /the scores of goodness are not read out of a layer of features/],
    [['--judge', 'goodness'], /the scores of goodness \(forward-forward\) are no probabilities/],
    [['--judge', '--samples', '3'], /--samples takes a whole number at least 4/],
  ]
  for (const [args, message] of refusals) {
    const ended = await onward(folder, 'samples', 'vae', 'prior', '--out', 'none', ...args)
    assert.match(ended.stderr.replaceAll(/\s+/g, ' '), message)
    assert.equal(ended.code, 2, ended.stderr)
  }
  const drawn = await onward(folder, 'samples', 'classifier', '--judge', '--out', 'none')
  assert.match(drawn.stderr, /backprop makes no images/)
  assert.equal(drawn.code, 1)
  assert.ok(!existsSync(join(folder, 'none')))
})
