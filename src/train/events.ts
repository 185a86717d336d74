import type { Certificate } from '../certificate/certificate.js'

/** Figures by name; `layers.0.loss` belongs to layer 0. */
export type Figures = Readonly<Record<string, number>>

/**
 * What `train` yields. The command line prints these, the run folder keeps them, a browser worker posts them. Epochs
 * count from 1; in greedy training each layer has its own.
 */
export type TrainEvent =
  | {
      readonly event: 'start'
      readonly rule: string
      readonly source: string
      /** What the rule's source leaves open and was filled in. */
      readonly reconstructed?: readonly string[]
      /** The figure that a rule without predictions is judged by; it is to be small. */
      readonly objective?: string
      /** What the rule's own figures are, by name without the number of a layer or cell. */
      readonly figures?: Readonly<Record<string, string>>
      readonly data: string
      readonly seed: number
      readonly device: string
      readonly precision: string
      readonly preset?: string
      /** Greedy: the one layer that this run trains, where those above it have learned nothing. */
      readonly highest?: number
      readonly epochs: number
      readonly batch: number
      readonly batchesPerEpoch: number
      readonly trainingImages: number
      readonly validationImages: number
      readonly parameters: number
      /** Bytes of one training step from the graph's liveness: activations at their peak, and the state. */
      readonly peakActivationBytes: number
      readonly stateBytes: number
      readonly certificate: Certificate
      /** Batches that were already done when this run was resumed. */
      readonly resumedAt?: number
      readonly run?: string
    }
  | {
      readonly event: 'progress'
      readonly epoch: number
      /** Batches of this epoch that are done. */
      readonly batch: number
      /** Part of the whole training that is done, 0 to 1. */
      readonly progress: number
      readonly rowsPerSecond: number
      readonly secondsLeft: number
      /** Means over the batches since the last event. */
      readonly metrics: Figures
      /** Greedy training: the layer that learns. */
      readonly layer?: number
    }
  | {
      readonly event: 'epoch'
      readonly epoch: number
      /** After a resumption within the epoch: the batches that were done before; the metrics are means over the others. */
      readonly fromBatch?: number
      readonly metrics: Figures
      /**
       * Accuracy on held-out training images; absent where none are held out. In greedy training that of the layer
       * that learns, if it can predict alone.
       */
      readonly validationAccuracy?: number
      /** The same for each layer alone. */
      readonly layers: Figures
      /** The rule's own figures on held-out training images, where it has some. */
      readonly validation?: Figures
      readonly seconds: number
      readonly rowsPerSecond: number
      readonly layer?: number
    }
  | {
      readonly event: 'checkpoint'
      readonly path: string
      /** Epochs that are done, over all layers, and batches of the one after. */
      readonly epoch: number
      readonly batch: number
    }
  | {
      readonly event: 'stopped'
      /**
       * After `early` the training goes on: with the next layer, or to its end. The others are the last event;
       * `not-finite` also stands for figures that grew beyond all bounds.
       */
      readonly reason: 'aborted' | 'early' | 'not-finite'
      readonly message: string
    }
  | {
      readonly event: 'done'
      /** The test set is read once, here. Absent where the rule only generates, or layers above have learned nothing. */
      readonly testAccuracy?: number
      readonly validationAccuracy?: number
      /** Test accuracy of each layer alone. */
      readonly layers: Figures
      /** The rule's own figures on test images and on held-out training images, where it has some. */
      readonly test?: Figures
      readonly validation?: Figures
      readonly seconds: number
      readonly rowsPerSecond: number
      readonly run?: string
    }
