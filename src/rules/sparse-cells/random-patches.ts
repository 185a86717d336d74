import { constant, type Tensor } from '../../graph/index.js'
import type { PatchCell } from './cell.js'
import type { SparseCellsHyper } from './options.js'

/** F, [L, D]. */
type Drawn = { readonly filters: Tensor }
/** The batches that were drawn from, the first state's included. */
type Count = { readonly batches: Tensor }

/**
 * The control: filters are whitened patches of length 1, drawn at random. A batch takes the place of a filter with
 * probability 1 / (batches so far): then each filter is drawn evenly from all of them (Vitter 1985, with one place a
 * filter).
 */
export function randomPatchFilters({ latents, alpha = 0.25 }: SparseCellsHyper): PatchCell<Drawn, Count> {
  const unit = (rows: Tensor): Tensor => rows.div(rows.square().sum(1, true).add(1e-6).sqrt())
  const some = (patches: Tensor, chosen: Tensor): Tensor => {
    const count = patches.shape[0]!
    const places = chosen
      .mul(count)
      .minimum(count - 0.5)
      .cast('int32')
    return unit(patches.gather(places))
  }
  return {
    init: (random, patches) => ({ filters: some(patches, random.uniform('filters', [latents])) }),
    learner: () => ({ batches: constant(1) }),
    learn({ filters }, learner, patches, { random }) {
      const batches = learner.batches.add(1)
      const isNew = random.uniform('turn', [latents, 1]).mul(batches).less(1)
      const drawn = some(patches, random.uniform('filters', [latents]))
      const replaced = isNew.cast('float32').mean()
      return { next: [{ filters: isNew.select(drawn, filters) }, { batches }], measured: { replaced } }
    },
    code: ({ filters }) => ({ filters, thresholds: constant(alpha).broadcastTo([latents]) }),
  }
}
