import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { describeFailure } from '../../src/cli/failure.js'
import { UserError } from '../../src/errors.js'
import { RULES } from '../../src/rules/registry.js'
import { onward, onwardAlone, start, workFolder } from './onward.js'

const folder = workFolder()
const TRAIN = ['train', 'forward-forward', '--data', 'glyphs']

const WRONG: [args: string[], message: RegExp][] = [
  [['trian'], /unknown command 'trian'\n\(Did you mean train\?\)/],
  [[...TRAIN, '--rate', '3'], /unknown option '--rate'[\s\S]*An option of the rule is given as --set rate=VALUE/],
  [[...TRAIN, '--epoch', '3'], /unknown option '--epoch'\n\(Did you mean --epochs\?\)/],
  [[...TRAIN, '--epochs', '-1'], /^onward: the option epochs of training takes a whole number at least 1, not -1\.\n$/],
  [[...TRAIN, '--epochs', 'many'], /^onward: --epochs takes a whole number at least 1, not "many"\.\n$/],
  [
    [...TRAIN, '--device', 'gpu'],
    /^onward: --device takes one of cpu, webgpu, wasm, not "gpu"\. Did you mean "webgpu"\?\n$/,
  ],
  [[...TRAIN, '--preset', 'fastest'], /^onward: There is no preset of forward-forward "fastest"\./],
  [[...TRAIN, '--set', 'unit=3'], /^onward: There is no option of forward-forward "unit"\. Did you mean "units"\?/],
  [[...TRAIN, '--set', 'units'], /^onward: --set takes KEY=VALUE such as network=\.\.\., not "units"\.\n$/],
  [[...TRAIN, '--set', 'rate=-1'], /^onward: the option rate of forward-forward takes a number above 0, not -1\.\n$/],
  [[...TRAIN, '--set', 'loss=simba'], /not "simba"\. Did you mean "symba"\?\n$/],
  [[...TRAIN, '--batch', '1000000'], /^onward: a batch of 1000000 is larger than the \d+ training images/],
  [
    ['train', 'backprop', '--units', '10'],
    /unknown option '--units'\nAn option of the rule is given as --set units=VALUE/,
  ],
  [['train', 'forwad', '--data', 'glyphs'], /^onward: There is no rule "forwad"\. Did you mean "forward-forward"\?/],
  [['train', 'forward-forward', '--data', 'minst'], /^onward: There is no data set "minst"\. Did you mean "mnist"\?/],
  [
    ['train', 'vae', '--data', 'glyphs'],
    /^onward: There is no rule "vae"\. Did you mean "vae-layer" or "hopfield-vae"\?/,
  ],
  [['train', 'backprop', '--data', './mine'], /^onward: There is no file or folder \.\/mine; one's own data are/],
  [['train', 'backprop', '--set', 'rate=0'], /^onward: the option rate of backprop takes a number above 0, not 0\.\n$/],
  [[...TRAIN, '--set', 'kernel=3'], /^onward: the option kernel .* has no effect with network=dense: /],
  [['help', 'trian'], /unknown command 'trian'/],
  [['train', 'forward-forward'], /^onward: Say what to learn: onward train forward-forward --data glyphs/],
  [['train'], /^onward: Say which rule to train by/],
  [['certify', 'backpropp'], /^onward: There is no rule "backpropp"\. Did you mean "backprop"\?/],
  [['rules', 'backprop', 'twice'], /too many arguments/],
  [['predict', 'run', 'x.png', '--data-dir', 'x'], /unknown option '--data-dir'/],
  [['data', '--download'], /^onward: Say which data set to download/],
  [['export', 'x', '--format', 'onx'], /^onward: There is no format "onx"\. Did you mean "onnx"\?/],
  [[...TRAIN, '--config', 'none.json'], /^onward: The configuration none\.json cannot be read \(ENOENT\)\.\n$/],
]

test('wrong usage exits with 2, says one thing on standard error and nothing on standard output', async () => {
  for (const [args, message] of WRONG) {
    const { code, stdout, stderr } = await onward(folder, ...args)
    const what = `onward ${args.join(' ')}: ${stderr}`
    assert.match(stderr, message, what)
    assert.deepEqual([code, stdout], [2, ''], what)
    assert.doesNotMatch(stderr, /\n {4}at /, what)
  }
})

test('a process ends as the command line says: wrong usage, of a flag and of a name, and what went wrong', async () => {
  for (const [args, code] of [
    [['train', '--epochs', 'many'], 2],
    [['train', 'forwad'], 2],
    [['evaluate', 'nowhere'], 1],
  ] as const) {
    const [alone, here] = [await onwardAlone(folder, ...args), await onward(folder, ...args)]
    assert.deepEqual(alone, here)
    assert.equal(alone.code, code)
  }
})

test('help and lists exit with 0 and load no runtime', async () => {
  const preload = join(folder, 'loaded.cjs')
  writeFileSync(
    preload,
    `process.on('exit', () => process.stderr.write(Object.keys(require.cache).filter((path) => /onnxruntime/.test(path)).join('\\n')))`,
  )
  for (const args of [['train', 'forward-forward', '--help'], ['rules'], ['data']]) {
    const { code, stdout, stderr } = await start(folder, args, ['--require', preload]).ended
    assert.deepEqual([code, stderr], [0, ''], args.join(' '))
    assert.ok(stdout.length > 100)
  }
  // Whoever loads it is found out: the commands themselves leave it to a thread.
  const runtime = `await import(${JSON.stringify(import.meta.resolve('onnxruntime-node'))})`
  const { stderr } = spawnSync(process.execPath, ['--require', preload, '--input-type=module', '-e', runtime])
  assert.match(`${stderr}`, /onnxruntime/)
})

test('help and version are commands too', async () => {
  const [word, flag] = [
    await onward(folder, 'help', 'train', 'backprop'),
    await onward(folder, 'train', 'backprop', '-h'),
  ]
  assert.deepEqual(word, flag)
  assert.match(word.stdout, /momentum=0\.9[\s\S]*only\s+with\s+optimizer=sgd\|muon\]/)
  assert.match((await onward(folder, 'help')).stdout, /Usage: onward \[options\] \[command\]/)
  assert.match((await onward(folder, 'version')).stdout, /^\d+\.\d+\.\d+\n$/)
})

test('the help of train shows the training table, and with a rule its options too', async () => {
  const { stdout } = await onward(folder, 'train', '--help', 'forward-forward')
  for (const part of ['--augment-shift <n>', '--schedule <schedule>', '(cpu, webgpu, wasm)', 'units=500,500'])
    assert.ok(stdout.includes(part), part)
})

test('rules lists every rule with what it was written from, and as JSON with its options', async () => {
  const { stdout } = await onward(folder, 'rules')
  assert.ok(stdout.split('\n').every(({ length }) => length <= 100))
  const words = stdout.replaceAll(/\s+/g, ' ')
  for (const { id, summary } of RULES) assert.ok(words.includes(id) && words.includes(summary))
  assert.ok(words.includes("from the authors' code"))
  const listed = JSON.parse((await onward(folder, 'rules', '--json')).stdout)
  assert.deepEqual(
    listed.map(({ id }: { id: string }) => id),
    RULES.map(({ id }) => id),
  )
  const units = listed[0].options.find(({ name }: { name: string }) => name === 'units')
  assert.deepEqual(units.default, [500, 500])
})

test('certify prints the certificate as JSON, and follows --set', async () => {
  const { code, stdout, stderr } = await onward(folder, 'certify', 'backprop', '--set', 'units=8', '--json')
  assert.deepEqual([code, stderr], [0, ''])
  const [{ units, ...certified }] = JSON.parse(stdout)
  const reads = { labels: 'loss' }
  const layers = [
    { layer: 0, name: 'layer 0', learns: true, window: 2, depth: 2, inside: 1, reads },
    { layer: 1, name: 'output', learns: true, window: 1, depth: 1, inside: 1, reads },
  ]
  assert.deepEqual(certified, { rule: 'backprop', source: 'paper', local: false, layers })
  assert.deepEqual([units.window, units.bits], ['blocks', 'bits for each sample'])
})

test('what is reconstructed is said by certify as JSON and in words, and the figures of a rule are explained', async () => {
  const [certified] = JSON.parse((await onward(folder, 'certify', 'hopfield-vae', '--json')).stdout)
  assert.ok(certified.reconstructed.length > 0)
  const { stdout } = await onward(folder, 'rules', 'hopfield-vae')
  assert.match(stdout, /\nFigures\n {2}J +\w/)
  assert.match(stdout, /Source: reconstructed\.\n[\s\S]*\nReconstructed: /)
  assert.match(stdout, /\nTakes data with: no target, one class, several labels, values\.\n/)
  assert.match(stdout, /: docs\/rules\/hopfield-vae\.md in the repository\.\n/)
})

test('certify without a rule certifies all, in words', async () => {
  const { stdout } = await onward(folder, 'certify')
  assert.match(stdout, /^forward-forward \(from the authors' code\)\n/)
  assert.match(stdout, /Local by cells, up to 4 products deep: no gradient passes from one layer to another\./)
  assert.equal(
    stdout.match(/A certificate reads programs, and is no proof\./g)?.length,
    1,
    'what it cannot see is said once',
  )
  assert.match(stdout, /Not local: gradients cross layers in the updates of layer 0 and layer 1\./)
})

test('data says where every data set is, and what to do about one that is not', async () => {
  const listed = JSON.parse((await onward(folder, 'data', '--json')).stdout)
  const places = Object.fromEntries(listed.map((entry: { name: string; where: unknown }) => [entry.name, entry.where]))
  assert.deepEqual([places.glyphs, places.mnist], ['embedded', null])
  assert.match((await onward(folder, 'data', 'mnist')).stdout, /not here: onward data mnist --download \(11\.1 MiB\)/)
  const elsewhere = await onward(folder, 'data', 'mnist', '--data-dir', 'nowhere')
  assert.match(elsewhere.stdout, /not here: the data folder nowhere does not exist/)
})

test('a truncated IDX file is named, with what to do, and exits with 1', async () => {
  const data = join(folder, 'files', 'mnist')
  mkdirSync(data, { recursive: true })
  const names = [
    'train-images-idx3-ubyte',
    'train-labels-idx1-ubyte',
    't10k-images-idx3-ubyte',
    't10k-labels-idx1-ubyte',
  ]
  for (const name of names) writeFileSync(join(data, name), Buffer.alloc(1000))
  const args = ['train', 'forward-forward', '--data', 'mnist', '--data-dir', join(folder, 'files')]
  const { code, stdout, stderr } = await onward(folder, ...args)
  assert.match(
    stderr,
    /^onward: .*train-images-idx3-ubyte is cut: it holds 1000 of 47040016 bytes; delete it and get it again\.\n$/,
  )
  assert.deepEqual([code, stdout], [1, ''])
})

test('an output that takes no more is told in one sentence', { skip: process.platform !== 'linux' }, () => {
  const main = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))
  const full = openSync('/dev/full', 'w')
  const { status, stderr } = spawnSync(process.execPath, [main, 'rules'], { stdio: ['ignore', full, 'pipe'] })
  closeSync(full)
  assert.equal(status, 1)
  assert.match(`${stderr}`, /^onward: the output could not be written: ENOSPC: .*\n$/)
})

test('a reader that closes the pipe early is no error', async () => {
  const { ended, closeOutput } = start(folder, ['rules'])
  closeOutput()
  const { code, stderr } = await ended
  assert.deepEqual([code, stderr], [0, ''])
})

test('user errors print their message alone; others keep the stack and ask for a report', () => {
  assert.deepEqual(describeFailure(new UserError('no such file')), { text: 'onward: no such file', code: 1 })
  assert.equal(describeFailure(new UserError('wrong', { exitCode: 2 })).code, 2)
  const { text, code } = describeFailure(new TypeError('x is undefined'))
  assert.equal(code, 1)
  assert.match(text, /Please report it/)
  assert.match(text, /\nTypeError: x is undefined\n {4}at /)
})
