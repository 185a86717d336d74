import type { Task } from '../../src/rules/contract.js'

/** What makes a rule small enough for the contract tests: options over those of every preset, and the shape of a task. */
export interface Small {
  readonly hyper?: Readonly<Record<string, unknown>>
  readonly task?: Partial<Task>
}

/** By rule; a rule of the common network options alone needs no entry: its `units` are cut down. */
export const SMALL: Readonly<Record<string, Small>> = {
  'vae-layer': { hyper: { latents: [4, 3] } },
}
