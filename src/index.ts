/** Onward, everything that runs in Node and in browsers alike. Node's own part is `onward/node`. */

export type { Certificate, Labels, LayerCertificate } from './certificate/certificate.js'
export { type Block, certify } from './certificate/certify.js'
export * as data from './data/index.js'
export { UserError } from './errors.js'
export * as graph from './graph/index.js'
export * as nn from './nn/index.js'
export * as onnx from './onnx/index.js'
export * as rules from './rules/index.js'
export * as runtime from './runtime/index.js'
export type { Figures, TrainEvent } from './train/events.js'
export { type TrainConfig, train } from './train/train.js'
