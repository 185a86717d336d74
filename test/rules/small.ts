import type { SmallTask } from './harness.js'

/** What makes a rule small enough for the contract tests: options over those of every preset, and the shape of a task. */
export interface Small {
  readonly hyper?: Readonly<Record<string, unknown>>
  readonly task?: SmallTask
}

/** By rule; a rule of the common network options alone needs no entry: its `units` are cut down. */
export const SMALL: Readonly<Record<string, Small>> = {
  // Images that three poolings leave a pixel of.
  trifecta: { hyper: { width: 0.03, pixelMean: [0.5], pixelDeviation: [0.25] }, task: { shape: [1, 8, 8] } },
  'hopfield-vae': { hyper: { hidden: 6, latent: 3, freeSweeps: 4, nudgedSweeps: 3 } },
  'vae-layer': { hyper: { latents: [4, 3] } },
  uff: { hyper: { hidden: 4 } },
}
