import type { Tensor } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'

export interface TracedStep extends StepGraph {
  readonly name: string
  /**
   * The mini-batches that one run takes, one after the other: its inputs are [span, ...] where that is more than one.
   */
  readonly span: number
  /** The state between the steps and the mini-batches of one run, for the certificate. */
  readonly between: Between
}

export type Between = { readonly name: string; readonly tensor: Tensor }[]

/** A rule, traced on a task: everything that the certificate and the runtime need. */
export interface TracedRule {
  /** Noise in, and a batch of training data where the rule asks for it; the first state out (as metrics, by name). */
  readonly init: StepGraph
  /** Traced when they are first asked for: that throws where this rule cannot train on this task. */
  readonly steps: Readonly<Record<string, TracedStep>>
  /**
   * Consecutive mini-batches as one program: for each of them the names of the steps that run on it, in a row. Each
   * step in a row draws noise of its own. Metrics with one name: the last in a row counts, and the mean over the
   * batches.
   */
  turn(name: string, lists: readonly (readonly string[])[]): TracedStep
  /** What samples give: `scores`, `parts/NAME` of each part, where the rule predicts, and its own `figures/NAME`. */
  readonly predict: StepGraph
  /** What can be seen of a batch: `BLOCK/PHASE/WHAT`, [N, ...] each; undefined where the rule shows nothing. */
  watch(): StepGraph | undefined
  /** What the blocks hand up for samples `x`, by their names, where the rule says it. */
  readonly activities?: StepGraph
  /** What the network draws, from images `x`: the metric `images`, or of a chart `values`. */
  picture(name: string): StepGraph
  /**
   * Of a rule whose input holds the label: what it is shown of images with every label, `inputs`, what each block makes of
   * that, `goodness/BLOCK`, and what the network says, `scores`; undefined where it is none of those.
   */
  labelled(): StepGraph | undefined
  /**
   * What a rule that generates is judged by: `samples` of noise, `reconstructions` of images, [N, C, H, W], or `logWeight`, [N];
   * one metric of that name. Undefined where the rule has none.
   */
  generator(part: GeneratorPart): StepGraph | undefined
  /** What stands for images, `latents` [N, D], and the `images` of such numbers; undefined where the rule has none. */
  latents(): { readonly of: string; readonly encode: StepGraph; readonly decode: StepGraph } | undefined
  /** Of a rule whose read-out is solved: its `features` [N, V, D] of inputs, and the step that stands for the solution. */
  readonly readOut?: { readonly features: StepGraph; readonly step: TracedStep }
  /** Greedy steps and what feeds them, by layer; empty where the rule has none or cannot here. */
  greedy(layer: number): { step: TracedStep; features: StepGraph }
}

/** Begins the names of what blocks make of images with every label. */
export const OF_LABELS = 'goodness/'

export type GeneratorPart = 'samples' | 'reconstructions' | 'logWeight'
