import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseHTML } from 'linkedom'
import { DONE, EPOCH, START } from '../cli/fake-run.js'
import { onward, workFolder } from '../cli/onward.js'
import { fakeRun } from '../kept/folders.js'

const folder = workFolder()
const report = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await onward(folder, 'report', ...args, '--json')
  assert.equal(code, 0, stderr)
  const written = JSON.parse(stdout)
  const html = readFileSync(join(folder, written.file), 'utf8')
  return { written, html, document: parseHTML(html).document }
}
const titles = (document: Document): string[] =>
  [...document.querySelectorAll('h4')].map(({ textContent }) => textContent ?? '')

test('a run that is trained becomes one file: curves, classes, embeddings, pictures, certificate, settings', async () => {
  const trained = await onward(
    folder,
    ...['train', 'forward-forward', '--data', 'glyphs', '--limit', '500', '--epochs', '2', '--set', 'units=20,10'],
    ...['--threads', '1', '--out', 'run'],
  )
  assert.equal(trained.code, 0, trained.stderr)
  const { written, html, document } = await report('run')
  assert.deepEqual([written.file, written.missing], [join('run', 'report.html'), []])
  assert.equal(written.bytes, Buffer.byteLength(html))
  assert.ok(written.bytes < 2 * 2 ** 20)
  for (const title of [
    'Held-out accuracy over epochs',
    'Held-out accuracy over time',
    'Training loss',
    'Confusion matrix',
    'The samples themselves',
    'The input of layer 1',
    'What the network says',
    'filters',
    'What each layer learns from',
  ])
    assert.ok(titles(document).includes(title), `${title} is missing of ${titles(document)}`)
  // It opens without a network, and runs nothing.
  assert.equal(document.querySelectorAll('script, link, iframe, object').length, 0)
  assert.match(
    html,
    /http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"/,
  )
  const places = [...html.matchAll(/(?:src|href)="([^"]{1,12})/g)].map(([, place]) => place!)
  assert.ok(
    places.every((place) => place.startsWith('data:image/') || place.startsWith('#')),
    places.join(),
  )
  for (const link of document.querySelectorAll('nav a')) assert.ok(document.querySelector(link.getAttribute('href')!))
  for (const picture of document.querySelectorAll('figure > svg')) {
    assert.equal(picture.getAttribute('role'), 'img')
    assert.ok(picture.getAttribute('aria-label')!.length > 10)
  }
  const scatter = [...document.querySelectorAll('figure')].find(
    (own) => own.querySelector('h4')!.textContent === 'What the network says',
  )!
  assert.equal(scatter.querySelectorAll('circle').length, 50, 'the held-out samples')
  assert.match(document.querySelector('pre')!.textContent!, /^node report\.test\.js\b/)

  // The matrix that is drawn is the one that evaluate tells.
  const { confusion } = JSON.parse((await onward(folder, 'evaluate', 'run', '--json')).stdout)
  const drawn = [...document.querySelectorAll('figure')].find(
    (own) => own.querySelector('h4')!.textContent === 'Confusion matrix',
  )!
  const cells = [...drawn.querySelectorAll('tbody tr')].map((row) =>
    [...row.querySelectorAll('td')].map((cell) => Number(cell.textContent)),
  )
  assert.deepEqual(cells, confusion)
  const again = await report('run', '--umap', '--out', 'umap.html')
  assert.ok(again.html.includes('UMAP of 10 numbers'))
})

test('what cannot be had is left out and said; the journal alone makes a report', async () => {
  await fakeRun(join(folder, 'journal'), { options: { epochs: 40 } }, [
    START,
    EPOCH,
    { ...EPOCH, step: 180, epoch: 2 },
    DONE,
  ])
  const { written, document } = await report('journal')
  assert.match(document.querySelector('header')!.textContent!, /2 of at most 40/)
  assert.equal(written.missing.length, 1)
  assert.match(
    written.missing[0],
    /^What the network says, draws and makes of samples: .*"lines", which is none of Onward's/,
  )
  assert.match(document.querySelector('.note')!.textContent!, /none of Onward's/)
  assert.deepEqual(titles(document).slice(0, 2), ['Held-out accuracy over epochs', 'Held-out accuracy over time'])
  const table = [...document.querySelectorAll('figure table tbody tr')].map((row) =>
    [...row.children].map(({ textContent }) => textContent),
  )
  assert.deepEqual(table.slice(0, 2), [
    ['1', '91.20 %', '93.45 %', '95.10 %'],
    ['2', '91.20 %', '93.45 %', '95.10 %'],
  ])
  const printed = await onward(folder, 'report', 'journal')
  assert.match(printed.stdout, /^journal\/report\.html: \d+ figures, [\d.]+ KiB\.\n$/)
  assert.match(printed.stderr, /^onward: not in it: What the network says/)
})

test('several runs lie over each other: a curve for each, a table of what differs, names as text', async () => {
  const name = `a<b>&"c"<img src=x onerror=alert(1)>'`
  await fakeRun(join(folder, 'several', 'first'), { options: { seed: 1, epochs: 40 } })
  await fakeRun(join(folder, 'several', name), { options: { seed: 2, epochs: 1 }, hyper: { rate: 0.5 } })
  const { document } = await report(join('several', 'first'), join('several', name), '--out', 'several.html')
  assert.equal(document.querySelectorAll('b, main img').length, 0)
  const rows = [...document.querySelectorAll('#runs > .scroll tbody tr')].map((row) =>
    [...row.children].map(({ textContent }) => textContent),
  )
  assert.deepEqual(
    rows.map(([label, , , , seed, epochs]) => [label, seed, epochs]),
    [
      ['first', '1', '1 of at most 40'],
      [name, '2', '1'],
    ],
  )
  assert.match(rows[1]![3]!, /rate=0\.5/)
  const overlay = document.querySelector('#runs figure')!
  assert.deepEqual(
    [...overlay.querySelectorAll('.legend li')].map(({ textContent }) => textContent),
    ['first', name],
  )
})

test('a comparison has intervals and paired differences, as its table says', async () => {
  const ended = await onward(
    folder,
    ...['compare', 'backprop', 'broadcast', '--data', 'glyphs', '--limit', '200', '--set', 'units=8,8', '--seeds', '2'],
    ...['--budget', 'epochs=1', '--out', 'arms', '--format', 'json'],
  )
  assert.equal(ended.code, 0, ended.stderr)
  const { arms } = JSON.parse(ended.stdout)
  const { document } = await report('arms')
  const tables = new Map(
    [...document.querySelectorAll('figure')].map((own) => [
      own.querySelector('h4')!.textContent!,
      [...own.querySelectorAll('tbody tr')].map((row) => [...row.children].map(({ textContent }) => textContent)),
    ]),
  )
  const percent = (value: number): string => `${(100 * value).toFixed(2)} %`
  assert.deepEqual(
    tables.get('Test accuracy')!.map(([arm, mean]) => [arm, mean]),
    arms.map(({ arm, figure }: { arm: string; figure: { mean: number } }) => [arm, percent(figure.mean)]),
  )
  assert.deepEqual(
    tables.get('Difference to backprop')!.map(([arm, mean]) => [arm, mean]),
    [['broadcast', percent(arms[1].difference.mean)]],
  )
})

test('a comparison one of whose runs was trained for longer is refused, by the report and by compare', async () => {
  const command = ['backprop', 'broadcast', '--data', 'glyphs', '--limit', '200', '--set', 'units=8,8', '--seeds', '1']
  const words = ['compare', ...command, '--budget', 'epochs=1', '--out', 'longer']
  assert.equal((await onward(folder, ...words)).code, 0)
  const run = join('longer', 'runs', '2-broadcast', 'seed-0')
  assert.equal((await onward(folder, 'train', '--resume', run, '--epochs', '2')).code, 0)
  for (const args of [['report', 'longer'], words]) {
    const { code, stderr } = await onward(folder, ...args)
    assert.equal(code, 1)
    assert.match(stderr, /2-broadcast\/seed-0 is not the run .*: its options\.epochs is 2, and was to be 1: delete it/)
  }
  assert.equal((await onward(folder, 'runs', 'delete', run, '--yes')).code, 0)
  assert.equal((await onward(folder, ...words)).code, 0)
  assert.equal((await onward(folder, 'report', 'longer')).code, 0)
})

test('a study has its history, slices, and the best setting', async () => {
  const ended = await onward(
    folder,
    ...['tune', 'backprop', '--data', 'glyphs', '--limit', '200', '--epochs', '1', '--trials', '11'],
    ...['--sampler', 'random', '--space', 'units=4,8', '--space', 'rate=1e-3..1e-1:log', '--study', 'study.jsonl'],
  )
  assert.equal(ended.code, 0, ended.stderr)
  const { written, document } = await report('study.jsonl')
  assert.equal(written.file, 'report.html')
  for (const title of ['History', 'Importance', 'Parallel coordinates', 'Slice: rate', 'Slice: units'])
    assert.ok(titles(document).includes(title), `${title} of ${titles(document)}`)
  assert.match(titles(document)[0]!, /^Best: trial \d+, 0\.\d+$/)
})

test('what is none of these is told, and nothing is written', async () => {
  writeFileSync(join(folder, 'notes.txt'), 'no journal\n')
  for (const [path, message] of [
    ['nowhere', /^onward: There is no nowhere: name a run, a comparison or a study$/m],
    ['notes.txt', /^onward: notes\.txt is no journal of a study/m],
    ['.', /^onward: \. holds no run: it has no config\.json$/m],
  ] as const) {
    const { code, stderr } = await onward(folder, 'report', path, '--out', 'none.html')
    assert.equal(code, 1)
    assert.match(stderr, message)
  }
  assert.equal(existsSync(join(folder, 'none.html')), false)
})
