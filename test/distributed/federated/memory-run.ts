import type { DataSet } from '../../../src/data/index.js'
import type { Learner } from '../../../src/distributed/federated/client/client.js'
import { federate } from '../../../src/distributed/federated/federate.js'
import { type ClientGiven, clientsHere } from '../../../src/distributed/federated/here.js'
import { clientNames, type FederatedInput, federatedOf } from '../../../src/distributed/federated/options.js'
import { partition, partOf } from '../../../src/distributed/federated/partition/skew.js'
import { memoryEngine } from '../../../src/distributed/memory.js'
import type { AnyRule } from '../../../src/rules/contract.js'
import { compile } from '../../../src/runtime/compile.node.js'
import type { TrainingOptions } from '../../../src/train/options.js'
import { collect, keeper, lines, ofKind } from '../../train/fixtures.js'

type Options = Partial<TrainingOptions>

export interface Case {
  readonly rule: AnyRule
  readonly hyper: Readonly<Record<string, unknown>>
  readonly options?: Options
  readonly federated: FederatedInput
  readonly data?: DataSet
  /** Changes what a client does, by its number. */
  readonly change?: (learner: Learner, client: number) => Learner
  /** Changes what a client has. */
  readonly own?: (data: DataSet, client: number) => DataSet
}

/** A federated training in memory; clients as the options say. */
export async function federated({
  rule,
  hyper,
  options = {},
  federated: wishes,
  data = lines(),
  change,
  own: having = (part) => part,
}: Case) {
  const own = federatedOf(wishes)
  const engine = memoryEngine()
  const kept = keeper()
  const names = clientNames(own.clients)
  const parts = partition(data, own.clients, own.alpha, 3)
  const platform = { compile }
  const given = new Map<string, ClientGiven>()
  for (const [k, name] of names.entries()) {
    const part = having(partOf(data, parts[k]!), k)
    given.set(name, { rule, platform, data: part, ...(change && { change: (learner: Learner) => change(learner, k) }) })
  }
  const events = await collect(
    federate({
      ...{ rule, hyper, data, platform: { ...platform, ...kept }, transport: engine.connect(), run: 'run' },
      options: { batch: 10, validation: 0, seed: 3, threads: 1, ...options, epochs: own.rounds * own.localEpochs },
      ...{ federated: own, clients: names, counts: {}, patient: true, holder: 'test' },
      start: clientsHere(engine.connect, given),
    }),
  )
  const [rounds, [done]] = [ofKind(events, 'round'), ofKind(events, 'done')]
  return { events, kept, rounds, done: done!, transport: engine.connect() }
}
