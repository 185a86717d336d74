/** Onward in a page: training in a worker, using what was trained, runs that go on elsewhere. How to: docs/browser.md. */
import '../floor.js'

export type { GivenDataSet, GivenNumbers, GivenSplit, Samples } from '../data/index.js'
export { UsageError, UserError } from '../errors.js'
export { type BrowserCompileOptions, compile, RUNTIME_FILES } from '../runtime/compile.browser.js'
export type { Predicted } from '../train/network.js'
export { certify, open, openRun } from './open.js'
export { type Rgba, rgbaOf } from './rgba.js'
export type * from './session.js'
export { type KeptRun, runs } from './store.js'
