// What one slow and one lost client cost: `node build/bench/federated-faults.js RULE [--data NAME] [--alpha A] [--rounds N]`
// trains over ten clients in one process twice, without faults and with them, and prints what the rounds took and what came
// of them, as JSON. The slow client takes four times as long as it computes; the lost one never answers from the third round
// on. Rounds go on by their deadlines, as between machines.
import { parseArgs } from 'node:util'
import { loadDataSet } from '../src/data/load.node.js'
import type { Learner } from '../src/distributed/federated/client/client.js'
import { federate } from '../src/distributed/federated/federate.js'
import { type ClientGiven, inTurns, oneClient } from '../src/distributed/federated/here.js'
import { clientNames, federatedOf } from '../src/distributed/federated/options.js'
import { partition, partOf } from '../src/distributed/federated/partition/skew.js'
import { memoryEngine } from '../src/distributed/memory.js'
import { compile, findRule } from '../src/node.js'
import type { RoundEvent, Scores } from '../src/train/events.js'
import { describeMachine } from './machine.js'

const { values, positionals } = parseArgs({
  options: {
    data: { type: 'string', default: 'mnist' },
    alpha: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '20' },
    limit: { type: 'string' },
  },
  allowPositionals: true,
})

const CLIENTS = 10
const [SLOW, LOST, LOST_FROM] = ['client-3', 'client-8', 3]
const TIMES = 4
const LOOK = 100

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** All learn in one process, one after the other: what one claims of its time counts for all of them. */
const inTurn = (learner: Learner): Learner => ({ ...learner, seconds: CLIENTS * learner.seconds })

/** Does all that the learner does, and then as much again, and again, as if its machine were slow. */
const slow =
  (turn: NonNullable<ClientGiven['turn']>) =>
  (learner: Learner): Learner => ({
    ...learner,
    seconds: TIMES * learner.seconds,
    async learn(...given) {
      let took = 0
      const lesson = await turn(async () => {
        const begin = performance.now()
        const made = await learner.learn(...given)
        took = performance.now() - begin
        return made
      })
      await wait((TIMES - 1) * took)
      return lesson
    },
  })

/** Answers no more after a while, though it still asks whether the round goes on. */
const lost = (learner: Learner): Learner => ({
  ...learner,
  async learn(number, round, model, goOn) {
    if (round < LOST_FROM) return await learner.learn(number, round, model, goOn)
    while (await goOn(0)) await wait(LOOK)
    return undefined
  },
})

const rule = await findRule(positionals[0] ?? 'forward-forward')
const data = await loadDataSet(values.data)
const rounds = Number(values.rounds)
const names = clientNames(CLIENTS)

async function measured(hasFaults: boolean) {
  const federated = federatedOf({
    clients: CLIENTS,
    rounds,
    alpha: values.alpha === 'even' ? 'even' : Number(values.alpha),
  })
  const whole =
    values.limit === undefined
      ? data
      : partOf(
          data,
          Uint32Array.from({ length: Number(values.limit) }, (_, i) => i),
        )
  const parts = partition(whole, CLIENTS, federated.alpha, 0)
  const engine = memoryEngine()
  const platform = { compile }
  const events = federate({
    ...{
      rule,
      data: whole,
      platform,
      transport: engine.connect(),
      run: 'faults',
      federated,
      clients: names,
      counts: {},
    },
    ...{ options: { epochs: rounds, threads: 1, seed: 0 }, patient: false, holder: 'bench' },
    async start(_, signal) {
      const turn = inTurns()
      await Promise.all(
        names.map(async (client, k) => {
          const own: ClientGiven = { rule, platform, data: partOf(whole, parts[k]!) }
          const fault = !hasFaults ? undefined : client === SLOW ? slow(turn) : client === LOST ? lost : undefined
          // Whoever waits for something else than its steps leaves the turn to others.
          const given = fault
            ? { ...own, change: (learner: Learner) => fault(inTurn(learner)) }
            : { ...own, turn, change: inTurn }
          await oneClient(engine.connect(), client, given, AbortSignal.any([signal]))
        }),
      )
    },
  })
  const told: RoundEvent[] = []
  let test: Scores | undefined
  const begin = performance.now()
  for await (const event of events) {
    if (event.event === 'round') told.push(event)
    if (event.event === 'done') test = event.test
  }
  return {
    accuracy: test?.network?.accuracy,
    seconds: (performance.now() - begin) / 1000,
    secondsARound: told.reduce((sum, { seconds }) => sum + seconds, 0) / told.length,
    answers: told.map(({ answered }) => answered.length),
    withSlow: told.filter(({ answered }) => answered.includes(SLOW)).length,
    withLost: told.filter(({ answered }) => answered.includes(LOST)).length,
  }
}

const without = await measured(false)
const withFaults = await measured(true)
const { alpha } = values
const record = { rule: rule.id, data: data.name, alpha, rounds, clients: CLIENTS, without, withFaults }
console.log(JSON.stringify({ ...record, machine: await describeMachine() }, null, 2))
