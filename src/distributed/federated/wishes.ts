/** What is asked of a federation and cannot be: told before its first round. */
import type { DataSet } from '../../data/index.js'
import { UsageError, UserError } from '../../errors.js'
import type { TrainConfig } from '../../train/config.js'
import { aggregate } from './aggregate/table.js'
import type { FederatedOptions } from './options.js'
import { askedFor } from './round/deadline.js'

/** Throws a UsageError where so few clients can never give the answers that are wanted, or that the merging needs. */
export function checkClients(options: FederatedOptions, clients: number): void {
  const { wanted = clients } = options
  if (wanted > clients) throw new UsageError(`${wanted} answers are wanted of ${clients} clients: ask for fewer`)
  const asked = options.wanted === undefined ? clients : askedFor(wanted, clients)
  const some = Array.from({ length: asked }, (_, k) => ({ client: `${k}`, delta: Float32Array.of(k + 1), samples: 1 }))
  aggregate(options.aggregate, some, options, { norms: [], state: {} })
}

interface Wishes extends Pick<TrainConfig, 'settings' | 'resume' | 'platform'> {
  readonly data: DataSet
  readonly federated: FederatedOptions
  readonly clients: readonly string[]
}

export function checkWishes({ federated, clients, data, settings, resume, platform }: Wishes): void {
  const options = settings?.options as { patience?: number; layer?: number } | undefined
  if ((options?.patience ?? 0) > 0)
    throw new UsageError('rounds do not stop early: leave patience out, and choose the rounds')
  if (options?.layer !== undefined) throw new UsageError('rounds train all layers: leave the layer out')
  if (resume && !platform.saveCheckpoint) throw new UserError('only a run in a folder can go on')
  checkClients(federated, clients.length)
  if (federated.alpha !== 'even' && data.target.kind !== 'class')
    throw new UsageError('alpha says how unlike the classes of clients are, and these data have none: choose even')
}
