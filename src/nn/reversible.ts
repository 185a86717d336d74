import { asDerivative, constant, grad, pullback, type Tensor } from '../graph/index.js'

/** A step of a chain, undone. */
export interface Undone {
  /** What the step was given, reconstructed; its gradient is stopped. */
  readonly inputs: readonly Tensor[]
  /** What it gave, computed from `inputs` and `sources`. Only what derivatives read of it is ever evaluated. */
  readonly outputs: readonly Tensor[]
  /** What derivatives are wanted for, such as the step's parameters. */
  readonly sources: readonly Tensor[]
}

export type Undo = (outputs: readonly Tensor[]) => Undone

/**
 * Reverse mode along a chain of invertible steps, from the values at its end alone (Gomez et al. 2017, "The Reversible
 * Residual Network"): each step is undone before its derivative is taken, so what the steps compute inside is kept for
 * one step at a time. `lossOf` makes a scalar of the values at the end. Its derivatives by the sources of each step go
 * to `visit`, from the last step to the first; a source that it does not depend on gets zeros. The certificate sees one
 * derivative, as of one call of `grad`.
 */
export function gradByUndoing(
  chain: readonly Undo[],
  end: readonly Tensor[],
  lossOf: (end: readonly Tensor[]) => Tensor,
  visit: (gradients: readonly Tensor[], step: number) => void,
): void {
  asDerivative(() => {
    let values: readonly Tensor[] = end.map((x) => x.stopGradient())
    let slopes: readonly (Tensor | undefined)[] = grad(lossOf(values), values)
    for (const [step, undo] of [...chain.entries()].reverse()) {
      const { inputs, outputs, sources } = undo(values)
      const found = pullback(outputs, slopes, [...inputs, ...sources])
      slopes = found.slice(0, inputs.length)
      const own = found.slice(inputs.length)
      visit(
        own.map((g, i) => g ?? constant(0).broadcastTo(sources[i]!.shape)),
        step,
      )
      values = inputs
    }
  })
}
