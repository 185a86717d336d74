// What one slow and one lost client cost: `node build/bench/federated-faults.js RULE [--data NAME] [--rounds N] [--limit N]`
// trains over ten clients in one process twice, without faults and with them, and records what the rounds took and what came
// of them; `node build/bench/federated.js` writes the table. The slow client takes four times as long as any other, which has to
// wait for its turn; the lost one never answers from the third round on. Rounds go on by their deadlines, as between machines. Networks and steps are
// those of the arms of bench/federated.ts, at alpha 1.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { readRequest } from '../src/cli/train/request.js'
import { loadDataSet } from '../src/data/load.node.js'
import type { Learner } from '../src/distributed/federated/client/client.js'
import { federate } from '../src/distributed/federated/federate.js'
import { type ClientGiven, inTurns, oneClient } from '../src/distributed/federated/here.js'
import { clientNames, federatedOf } from '../src/distributed/federated/options.js'
import { partition, partOf } from '../src/distributed/federated/partition/skew.js'
import { memoryEngine } from '../src/distributed/memory.js'
import { compile } from '../src/node.js'
import type { RoundEvent, Scores } from '../src/train/events.js'
import { CLIENTS, RULES, ruleOn } from './federated/arms.js'
import { type FaultsMade, type FaultsRun, faultsId } from './federated/faults.js'
import { RESULTS, recordOf } from './federated/records.js'
import { describeMachine } from './machine.js'

const { values, positionals } = parseArgs({
  options: {
    data: { type: 'string', default: 'mnist' },
    rounds: { type: 'string', default: '20' },
    limit: { type: 'string' },
  },
  allowPositionals: true,
})

const ALPHA = 1
const [SLOW, LOST, LOST_FROM] = ['client-3', 'client-8', 3]
const TIMES = 4
const LOOK = 100

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** All learn in one process, one after the other: what one claims of its time counts for all of them. */
const inTurn = (learner: Learner): Learner => ({ ...learner, seconds: CLIENTS * learner.seconds })

/**
 * Does all that the learner does, and then waits. Ten clients take turns, so that each takes ten lessons' time: one on a slow
 * machine takes four times that.
 */
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
      await wait((TIMES * CLIENTS - 1) * took)
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

const row = positionals[0] ?? 'forward-forward'
const own = ruleOn(row, values.data)
const { steps } = RULES[row]!
const assignments = own.flatMap((word, i) => (own[i - 1] === '--set' ? [word] : []))
const preset = own.includes('--preset') ? own[own.indexOf('--preset') + 1] : undefined
const { rule, ...wishes } = await readRequest(own[0], {
  data: values.data,
  set: assignments,
  ...(preset !== undefined && { preset }),
})
const data = await loadDataSet(values.data)
const rounds = Number(values.rounds)
const names = clientNames(CLIENTS)

async function measured(hasFaults: boolean): Promise<FaultsRun> {
  const federated = federatedOf({
    clients: CLIENTS,
    rounds,
    alpha: ALPHA,
    localSteps: steps,
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
    ...{ settings: wishes.settings, preset: wishes.preset, hyper: wishes.hyper },
    options: { epochs: rounds, batch: 20, validation: 0, threads: 1, seed: 0 },
    ...{ patient: false, holder: 'bench' },
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
const made: FaultsMade = {
  id: faultsId(values.data, row),
  command: `node build/bench/federated-faults.js ${process.argv.slice(2).join(' ')}`,
  ...{ rounds, without, withFaults, machine: await describeMachine(1) },
}
const text = `${JSON.stringify(made, null, 2)}\n`
mkdirSync(RESULTS, { recursive: true })
writeFileSync(`${recordOf(made.id)}.part`, text)
renameSync(`${recordOf(made.id)}.part`, recordOf(made.id))
console.log(text)
