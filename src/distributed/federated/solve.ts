import { UserError } from '../../errors.js'
import { type Moments, plus } from '../../readout/moments.js'
import { type Affine, ridge } from '../../readout/ridge.js'

/** The sums of a client. */
interface Sums {
  readonly client: string
  readonly moments: Moments
}

/**
 * The read-out of the samples of all clients. Throws a UserError where it cannot be solved, with the clients whose sums
 * cannot be even by themselves: with sums over samples and a positive lambda that does not happen.
 */
export function solveTogether(sums: readonly Sums[], lambda: number): Affine {
  try {
    return ridge(sums.map(({ moments }) => moments).reduce(plus), lambda)
  } catch (error) {
    if (!(error instanceof UserError) || lambda === 0) throw error
    const wrong = sums.filter(({ moments }) => !isSolved(moments, lambda)).map(({ client }) => client)
    if (wrong.length === 0) throw error
    throw new UserError(
      `the sums of ${wrong.join(', ')} are those of no samples: start again without them (${error.message})`,
      { cause: error },
    )
  }
}

function isSolved(moments: Moments, lambda: number): boolean {
  try {
    ridge(moments, lambda)
    return true
  } catch {
    return false
  }
}
