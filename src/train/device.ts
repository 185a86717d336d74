import type { TrainingOptions } from './options.js'

type Device = TrainingOptions['device']

/** Where steps can run in Node, and in a page; the first is the processor. */
export const NODE_DEVICES: readonly Device[] = ['cpu', 'webgpu']
export const PAGE_DEVICES: readonly Device[] = ['wasm', 'webgpu']

/** Where a run goes on: on its own device where there is one of that name, and otherwise on the processor. */
export const deviceAt = (devices: readonly Device[], device: Device): Device =>
  devices.includes(device) ? device : devices[0]!
