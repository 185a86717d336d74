import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { addressOf, experimentAt } from '../../lab/src/state/address.js'
import { firstOptions } from '../../lab/src/state/catalogue.js'
import { commandOf, programOf } from '../../lab/src/state/copied.js'
import {
  type Experiment,
  FIRST,
  grouped,
  MOST_RIVALS,
  OWN_DATA,
  trainsTheSame,
  withOption,
  withRule,
} from '../../lab/src/state/experiment.js'
import { rivalOf } from '../../lab/src/state/rival.js'
import { STORIES } from '../../lab/src/stories/stories.js'
import { makeDataSet } from '../../src/data/index.js'
import { ruleById } from '../../src/rules/registry.js'
import { resolve } from '../../src/train/options.js'
import { catalogue } from './catalogue.js'

const example: Experiment = {
  rule: 'forward-forward',
  preset: 'quick',
  data: 'glyphs',
  hyper: { units: [100, 50], negatives: 'uniform', rate: 0.01 },
  options: { epochs: 2, seed: 7, 'augment.shift': 2 },
  race: ['backprop', 'uff'],
  story: { id: 'never-talk', page: 1 },
}

test('an address says the whole experiment, and the experiment comes back from it', () => {
  const address = addressOf(example)
  assert.deepEqual(experimentAt(address, catalogue), { experiment: example, problems: [] })
  assert.match(address, /set\.units=100,50/)
  assert.deepEqual(experimentAt(`#${address}`, catalogue).experiment, example)
})

test('every first option of every rule comes back from an address as it was', () => {
  for (const rule of catalogue.rules)
    for (const { name, fallback } of rule.options) {
      if (fallback === undefined || typeof fallback === 'object') continue
      const experiment = withOption({ ...FIRST, rule: rule.id, hyper: {} }, 'hyper', name, fallback)
      const { experiment: read, problems } = experimentAt(addressOf({ ...experiment, preset: 'quick' }), catalogue)
      assert.deepEqual([read.hyper, problems], [{ [name]: fallback }, []], `${rule.id} ${name}`)
    }
})

test('an empty address is the first experiment', () => {
  assert.deepEqual(experimentAt('', catalogue), { experiment: FIRST, problems: [] })
  assert.deepEqual(experimentAt('#', catalogue).experiment, FIRST)
})

test('what is wrong in an address is left out and told in a sentence', () => {
  const { experiment, problems } = experimentAt(
    'rule=ff&preset=nothing&set.units=a&set.nonsense=1&epochs=2&race=backprop,unheard&warp=9',
    catalogue,
  )
  const { preset: _, ...first } = FIRST
  assert.deepEqual(experiment, { ...first, options: { epochs: 2 }, race: ['backprop'] })
  assert.equal(problems.length, 5)
  for (const problem of problems) assert.match(problem, /\.$/)
  assert.match(problems.join(' '), /preset "nothing".*units.*nonsense.*warp.*unheard/s)
})

test('a link races each rule once, none against itself, and no more than a few', () => {
  const raced = (names: string) => experimentAt(`rule=forward-forward&race=${names}`, catalogue)
  assert.deepEqual(raced('backprop,uff,backprop,ff,forward-forward'), {
    ...raced(''),
    experiment: { ...raced('').experiment, race: ['backprop', 'uff'] },
  })
  const { experiment, problems } = raced(catalogue.rules.map(({ id }) => id).join())
  assert.equal(experiment.race.length, MOST_RIVALS)
  assert.match(
    problems.join(),
    new RegExp(`races ${catalogue.rules.length - 1} rules: the first ${MOST_RIVALS} are here`),
  )
})

test('an unknown rule gives the first experiment, and says so', () => {
  const { experiment, problems } = experimentAt('rule=<script>&set.units=1', catalogue)
  assert.deepEqual(experiment, FIRST)
  assert.match(problems[0]!, /<script>/)
})

test('as a command and as a program it is the same training', () => {
  assert.equal(
    commandOf(example),
    'npx onward train forward-forward --data glyphs --preset quick --set units=100,50 --set negatives=uniform ' +
      '--set rate=0.01 --epochs 2 --seed 7 --augment-shift 2',
  )
  const program = programOf(example)!
  assert.match(program, /hyper: \{ units: \[100, 50\], negatives: 'uniform', rate: 0\.01 \}/)
  assert.match(program, /options: \{ epochs: 2, seed: 7, augment: \{ shift: 2 \} \}/)
  const own = { ...example, data: OWN_DATA }
  assert.deepEqual([commandOf(own), programOf(own)], [undefined, undefined])
})

test('data of an unknown name are left out; what is copied is one word, or one text, whatever it holds', () => {
  for (const data of ['glyphs; echo pwned', "glyphs' }); process.exit(); ({ x: '", 'nowhere']) {
    const { experiment, problems } = experimentAt(`rule=backprop&data=${encodeURIComponent(data)}`, catalogue)
    assert.equal(experiment.data, 'glyphs')
    assert.ok(problems.join().includes(`"${data}"`), problems.join())
  }
  assert.equal(experimentAt(`rule=backprop&data=${OWN_DATA}`, catalogue).experiment.data, OWN_DATA)
  const wild = `a'b"c\\d\n; echo $HOME`
  const experiment = { ...FIRST, data: wild, hyper: { [wild]: [wild] } }
  const words = commandOf(experiment)!.replace('npx onward train', "printf '%s\\0'")
  assert.deepEqual(execFileSync('sh', ['-c', words], { encoding: 'utf8' }).split('\0').slice(0, -1), [
    ...['forward-forward', '--data', wild, '--preset', 'quick', '--set', `${wild}=${wild}`],
  ])
  const given = /train\((.*)\)\)$/m.exec(programOf(experiment)!)![1]!
  assert.deepEqual(
    runInNewContext(`JSON.stringify(${given})`),
    JSON.stringify({
      ...{ rule: 'forward-forward', data: wild, preset: 'quick', hyper: { [wild]: [wild] } },
    }),
  )
})

test('another rule keeps the data and leaves what was set for the one before', () => {
  const next = withRule(example, 'backprop', catalogue)
  assert.deepEqual([next.rule, next.data, next.hyper, next.race], ['backprop', 'glyphs', {}, ['uff']])
  assert.equal(trainsTheSame(example, { ...example, race: [], hyper: { rate: 0.01, ...example.hyper } }), true)
  assert.equal(trainsTheSame(example, withOption(example, 'hyper', 'rate', undefined)), false)
})

test('each rule has few options first, all of them its own', () => {
  for (const rule of catalogue.rules) {
    const few = firstOptions(rule)
    assert.ok(few.length > 0 && few.length <= 5, rule.id)
    assert.ok(few.every((option) => rule.options.includes(option)))
  }
})

test('every page of every story is an experiment that its rule takes', () => {
  const data = makeDataSet('glyphs')
  assert.equal(STORIES.length, 7)
  for (const { id, pages } of STORIES)
    for (const [page, { experiment, text }] of pages.entries()) {
      const told = { ...experiment, story: { id, page } }
      assert.deepEqual(experimentAt(addressOf(told), catalogue), { experiment: told, problems: [] }, `${id} ${page}`)
      const { rule, preset, hyper, options } = experiment
      resolve(ruleById(rule), data, { preset, hyper, options })
      for (const other of experiment.race) ruleById(other)
      assert.ok(text.length > 0)
    }
})

test('rivals learn from the same batches for as long, with the same layers where that means the same', () => {
  const own = { ...FIRST, hyper: { units: [60, 40] }, options: { seed: 3 } }
  assert.deepEqual(rivalOf(own, 'backprop', catalogue), {
    ...{ rule: 'backprop', data: 'glyphs', race: [], hyper: { network: 'dense', units: [60, 40] } },
    options: { epochs: 4, batch: 100, seed: 3 },
  })
  assert.deepEqual(rivalOf(FIRST, 'equilibrium-propagation', catalogue).hyper, { units: [500, 500] })
  // Its layers are others.
  assert.deepEqual(rivalOf(own, 'trifecta', catalogue).hyper, {})
  assert.deepEqual(rivalOf({ ...FIRST, preset: 'convolutional' }, 'backprop', catalogue).hyper, {
    network: 'convolutional',
    ...Object.fromEntries(
      ['units', 'kernel', 'poolAfter'].map((name) => [
        name,
        catalogue.rules.find(({ id }) => id === 'forward-forward')!.presets.convolutional!.hyper[name],
      ]),
    ),
  })
})

test('rivals learn from the same samples, whatever preset says which and how they are changed', () => {
  for (const { id, presets } of catalogue.rules)
    for (const [preset, { train = {} }] of Object.entries(presets)) {
      const { options } = rivalOf({ ...FIRST, rule: id, preset }, id === 'backprop' ? 'uff' : 'backprop', catalogue)
      const { limit, augment, validation, seed } = grouped(options)
      assert.deepEqual(
        { limit, augment, validation, seed },
        { limit: train.limit, augment: train.augment, validation: train.validation, seed: train.seed },
        `${id} ${preset}`,
      )
    }
  const small = { ...FIRST, rule: 'sparse-cells', preset: 'small', options: { limit: 500 } }
  assert.deepEqual(rivalOf(small, 'backprop', catalogue).options, { epochs: 15, batch: 100, limit: 500 })
})
