import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXAMPLES } from '../../lab/src/own/examples.js'
import { isPacked, MOST_PACKED, packed, unpacked } from '../../lab/src/own/packed.js'
import { openUnread } from '../../lab/src/own/unread.js'
import { addressOf, experimentAt } from '../../lab/src/state/address.js'
import { FIRST, trainsTheSame } from '../../lab/src/state/experiment.js'
import { catalogue } from './catalogue.js'

test('a rule of one’s own travels in the address, and is no other training', async () => {
  for (const { text } of [...EXAMPLES, { text: 'ä — “whatever”\n' }, { text: '' }]) {
    const own = (await packed(text))!
    assert.ok(isPacked(own))
    assert.equal(await unpacked(own), text)
    const experiment = { ...FIRST, own }
    assert.deepEqual(experimentAt(addressOf(experiment), catalogue), { experiment, problems: [] })
    assert.ok(trainsTheSame(experiment, FIRST))
  }
})

test('what is too long is not carried; what is damaged is told and left out', async () => {
  let long = ''
  for (let i = 0; i < 20_000; i++) long += `${(i * 7919) % 10_007},`
  assert.equal(await packed(long), undefined)
  const own = (await packed(EXAMPLES[0]!.text))!
  for (const wrong of [own.slice(0, own.length / 2), `${own.slice(0, 40)}AAAA${own.slice(44)}`, 'AAAA'])
    await assert.rejects(unpacked(wrong), /The rule in the link is damaged/)
  for (const wrong of ['<script>', 'A'.repeat(MOST_PACKED + 1)]) {
    const { experiment, problems } = experimentAt(
      `rule=forward-forward&data=glyphs&own=${encodeURIComponent(wrong)}`,
      catalogue,
    )
    assert.equal(experiment.own, undefined)
    assert.match(problems.join(), /damaged or too long: it is left out/)
  }
})

test('a small link does not unfold to an endless text', async () => {
  const bomb = await packed('a'.repeat(1_000_000))
  assert.ok(bomb && isPacked(bomb))
  await assert.rejects(unpacked(bomb), /damaged/)
})

test('a text that a link brought waits to be asked for, also where undo brings it back, changed or not', () => {
  const unread = openUnread()
  assert.equal(unread.holds('mine'), false)
  unread.brought('theirs')
  assert.deepEqual([unread.holds('theirs'), unread.holds('theirs, changed')], [true, true])
  unread.asked('an example')
  assert.equal(unread.holds('an example'), false)
  assert.equal(unread.holds('theirs, changed'), true)
  unread.asked('an example')
  assert.equal(unread.holds('theirs'), true)
  unread.asked('theirs')
  assert.equal(unread.holds('theirs'), false)
})
