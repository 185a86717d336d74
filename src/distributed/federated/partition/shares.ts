import type { DataSet } from '../../../data/index.js'
import type { Settings } from '../../../train/options.js'
import { partsOf } from '../../../train/rows.js'
import type { FederatedOptions } from '../options.js'
import { partition, partOf } from './skew.js'

interface Parted {
  readonly settings: Settings
  readonly federated: FederatedOptions
}

/** The training samples of a data set, but for what the coordinator holds out, shared among clients, in their order. */
export function sharesOf(data: DataSet, { settings: { options }, federated }: Parted): DataSet[] {
  const whole = { ...data, train: partsOf(data, options).train }
  return partition(whole, federated.clients, federated.alpha, options.seed).map((places) => partOf(whole, places))
}
