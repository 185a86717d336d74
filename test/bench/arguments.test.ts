import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { askedBy } from '../../bench/arguments.js'
import { UsageError } from '../../src/errors.js'

test('words, one thing to do, and numbers are read', () => {
  assert.deepEqual(askedBy([]), { words: [], renew: false })
  const asked = { words: ['mnist', 'uff'], renew: true, threads: 1, seeds: 2 }
  assert.deepEqual(askedBy(['--renew', 'mnist', '--threads=1', '--seeds', '2', 'uff']), asked)
  assert.deepEqual(askedBy(['--seed=0']), { words: [], renew: false, seed: 0 })
  for (const mode of ['list', 'report', 'prove']) assert.equal(askedBy([`--${mode}`]).mode, mode)
})

test('the usage names every flag', () => {
  const usage = readFileSync('bench/usage.txt', 'utf8')
  for (const flag of ['--list', '--report', '--prove', '--renew', '--threads', '--seeds', '--seed=K', '--help'])
    assert.ok(usage.includes(flag), flag)
})

test('what it does not know is refused, and runs nothing', () => {
  for (const [args, message] of [
    [['--nosuch'], /--nosuch/],
    [['--report=x'], /--report/],
    [['--threads'], /--threads/],
    [['--threads=0'], /--threads takes a whole number from 1, not "0"/],
    [['--seeds=two'], /--seeds takes a whole number from 1, not "two"/],
    [['--seeds='], /--seeds takes a whole number/],
    [['--seed=-1'], /--seed takes a whole number from 0, not "-1"/],
    [['--seed=1', '--seeds=2'], /--seeds takes the first ones, and --seed one alone/],
    [['--list', '--report'], /--list and --report are two things/],
    [['--renew', '--report'], /--renew runs jobs, and --report does not/],
  ] as const)
    assert.throws(
      () => askedBy(args),
      (error) => error instanceof UsageError && message.test(error.message),
      `${args}`,
    )
})
