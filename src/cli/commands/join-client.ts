import { oneClient } from '../../distributed/federated/here.js'
import { keeperIn } from '../../distributed/federated/kept-run.node.js'
import { clientData } from '../../distributed/federated/partition/folders.node.js'
import { readRecipe } from '../../distributed/federated/recipe.js'
import type { Transport } from '../../distributed/transport.js'
import { UsageError, UserError } from '../../errors.js'
import { findRule } from '../../rules/load.node.js'
import { node } from '../../runs.node.js'
import { EXIT } from '../failure.js'
import { printAside } from '../output/print.js'
import type { Patience } from './join-patience.js'

/** Flags of `onward join`. */
export interface JoinFlags {
  readonly credentials?: string
  readonly stage?: number
  readonly rule?: string
  readonly data?: string
  readonly dataDir?: string
  readonly store?: string
  /** Seconds. */
  readonly wait?: number
}

/** A client of a federation that was started on another machine, on data of its own that never leave this one. */
export async function joinAsClient(
  transport: Transport,
  client: string,
  flags: JoinFlags,
  patience: Patience,
  signal: AbortSignal,
): Promise<number> {
  const { data: path, rule: given, stage, dataDir, store = `onward-${client}` } = flags
  if (stage !== undefined) throw new UsageError('a client has no stage: leave --stage out')
  if (path === undefined)
    throw new UsageError('Say --data PATH: the folder or file that holds the data of this client.')
  const recipe = await patience.until(
    async () => (await readRecipe(transport)) ?? 'no federation runs there yet (onward up federated starts one)',
  )
  if (!recipe) return EXIT.interrupted
  const rule = await findRule(given ?? recipe.rule)
  if (rule.id !== recipe.rule)
    throw new UserError(
      `the federation trains ${recipe.rule}, not ${rule.id}: name the file of that rule (--rule FILE)`,
    )
  const data = await clientData(
    path,
    { ...recipe.samples, ...(recipe.readAs && { own: recipe.readAs }) },
    dataDir === undefined ? {} : { dataDir },
  )
  printAside(`onward: taking part as ${client} with ${data.train.count} samples; what goes on is kept in ${store}`)
  const own = { rule, data, platform: node(), keeper: keeperIn(store, recipe.run) }
  await oneClient(transport, client, own, signal)
  if (signal.aborted) return EXIT.interrupted
  printAside('onward: the federation is done')
  return EXIT.done
}
