import { type FederatedInput, federatedOf, federatedOptions } from '../../../distributed/federated/options.js'
import { checkBegun } from '../../../distributed/federated/store.node.js'
import { UsageError } from '../../../errors.js'
import { optionTable } from '../../../options/index.js'
import type { Federation } from '../../../train/events.js'
import { count, plural } from '../../output/numbers.js'
import { printAside } from '../../output/print.js'
import { trainBy } from '../../train/command.js'
import { flagOf, readFlags } from '../../train/flags.js'
import type { TrainFlags } from '../../train/request.js'

interface FederatedFlags extends TrainFlags {
  readonly engine?: Federation['engine']
  readonly layerwise?: true
  readonly clientsFrom?: string
  readonly parties?: string
  readonly listen?: string
  readonly port?: number
  readonly wait?: number
}

const OPTIONS = optionTable(federatedOptions)

/** `onward up federated`: trains as `onward train` does, over clients. */
export async function command(rule: string | undefined, given: FederatedFlags): Promise<number> {
  const { engine: asked, layerwise, clientsFrom, parties, listen, port, wait, ...all } = given
  const wishes = readFlags(OPTIONS, all) as FederatedInput
  const flags = Object.fromEntries(
    Object.entries(all).filter(([key]) => !OPTIONS.some(({ name }) => name === key)),
  ) as TrainFlags
  const { resume, dataDir } = flags
  const [changing] = [
    ...Object.keys(wishes),
    ...(layerwise ? ['layerwise'] : []),
    ...(clientsFrom ? ['clientsFrom'] : []),
    ...(parties ? ['parties'] : []),
  ]
  if (resume !== undefined && changing !== undefined)
    throw new UsageError(`--resume goes on with the settings of ${resume}: leave ${flagOf(changing)} out.`)
  if (resume !== undefined) checkBegun(resume)
  if (clientsFrom !== undefined && (wishes.clients !== undefined || wishes.alpha !== undefined))
    throw new UsageError('--clients-from says who the clients are: leave --clients and --alpha out.')
  if (
    parties !== undefined &&
    (clientsFrom !== undefined || wishes.clients !== undefined || wishes.alpha !== undefined)
  )
    throw new UsageError('--parties says who the clients are: leave --clients, --clients-from and --alpha out.')
  const options = federatedOf(wishes)
  const names = parties?.split(',')
  if (names?.some((name) => name === ''))
    throw new UsageError(`--parties takes names, with a comma between two: a,b,c. It has an empty one in "${parties}".`)
  const training = {
    ...flags,
    ...(resume === undefined && { epochs: `${options.rounds * options.localEpochs}` }),
    ...(layerwise && { schedule: 'greedy' }),
  }
  return await trainBy(rule, training, async () => {
    const { federation, keptFederated, newFederated } = await import('../../../distributed/federated/up.node.js')
    const where = { ...(listen !== undefined && { listen }), ...(port !== undefined && { port }) }
    const own =
      resume === undefined
        ? newFederated(options, { clientsFrom, parties: names, ...where })
        : { ...keptFederated(resume), ...where }
    const engine = asked ?? own.engine ?? 'nats'
    if (engine === 'memory' && (parties ?? listen ?? port ?? wait) !== undefined)
      throw new UsageError('nobody can join what runs in one process: leave --engine memory out.')
    return federation(own, engine, dataDir === undefined ? {} : { dataDir }, {
      wait,
      onStart: (clients, processes, logs) =>
        printAside(
          `onward: starting ${plural(clients, 'client')} in ${count(processes)} process${processes === 1 ? '' : 'es'}, which log to ${logs}`,
        ),
      onLost: (client, why) => printAside(`onward: it goes on without ${client}: ${why}`),
      onSilent: (message) => printAside(`onward: ${message}`),
    })
  })
}
