// What is shown of trainings over machines: how to join, for whom one waits, how far the rounds are.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderLines } from '../../src/cli/train/lines.js'
import { renderScreen } from '../../src/cli/train/screen.js'
import { EMPTY_VIEW, follow, type View } from '../../src/cli/train/view.js'
import type { Federation, TrainEvent } from '../../src/train/events.js'
import { START } from './fake-run.js'
import './no-colour.js'

const federation: Federation = {
  ...{ engine: 'nats', rounds: 4, localEpochs: 1, aggregate: 'mean', uploadBytes: 1024, stays: [] },
  clients: { a: null, b: null },
  joining: { url: 'nats://10.0.0.5:4222', count: 2, credentials: ['run/credentials/a.json', 'run/credentials/b.json'] },
}
const START_OVER = { ...START, federation }
const after = (...events: TrainEvent[]): View => events.reduce(follow, EMPTY_VIEW)

test('who is to join is told as commands to copy, however narrow the terminal', () => {
  const lines = renderLines(after(START_OVER), START_OVER, 30)
  assert.ok(lines.includes('  onward join nats://10.0.0.5:4222 --credentials b.json --data FOLDER'), lines.join('\n'))
  assert.ok(lines.includes('  run/credentials/a.json'))
  const over = {
    mode: 'activations',
    engine: 'nats',
    name: 'x',
    workers: [['a']],
    bound: { speedUp: 1, why: 'so' },
  } as const
  const joining = { url: 'tls://host:1', count: 1, credentials: ['run/worker-3.json'] }
  const start = { ...START, over: { ...over, joining } }
  assert.deepEqual(renderLines(after(start), start).slice(-2), [
    'One more worker is to join, on a machine that has a copy of run/worker-3.json:',
    '  onward join tls://host:1 --credentials worker.json',
  ])
})

test('for whom a training waits is a line', () => {
  const event = { event: 'waiting', step: 0, missing: ['a', 'b'], of: 3, seconds: 10.2 } as const
  assert.deepEqual(renderLines(after(START_OVER, event), event), ['waiting for a, b, 2 of 3, for 10 s now'])
})

test('the bar shows how many rounds are done, and what clients say of the one that runs', () => {
  const round = (turn: number): TrainEvent => ({
    ...{ event: 'round', step: turn, round: turn, turn, turns: 4, model: 'x', asked: 2, answered: ['a', 'b'] },
    ...{ refused: {}, bytesUp: 0, bytesDown: 0, seconds: 1 },
  })
  const clients = (now: number): TrainEvent => ({
    ...{ event: 'clients', step: 0, round: now },
    clients: ['a', 'b'].map((client) => ({
      ...{ client, doing: 'learning', round: now, progress: 0.5, sent: 0, fetched: 0, silent: 0 },
    })),
  })
  const part = (...events: TrainEvent[]) => /(\d+) %/.exec(renderScreen(after(START_OVER, ...events), 80, 20)[0]!)?.[1]
  assert.equal(part(), '0')
  assert.equal(part(clients(1)), '12')
  assert.equal(part(clients(1), round(1)), '25')
  assert.equal(part(round(1), clients(2)), '37')
  assert.equal(part(round(3), clients(4)), '87')
})
