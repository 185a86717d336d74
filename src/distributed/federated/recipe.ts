import { z } from 'zod'
import type { Samples } from '../../data/index.js'
import { keptProvenance, type ReadAs } from '../../data/own/provenance.js'
import { UserError } from '../../errors.js'
import { resolvedOptions, type Settings } from '../../train/options.js'
import { ConflictError, type Transport } from '../transport.js'
import { systemClock } from './clock.js'
import { fromJson, NAMES, toJson } from './names.js'
import { type FederatedOptions, federatedOptions } from './options.js'

/** What every client of a run has to know, written once. */
export interface Recipe {
  readonly version: 1
  readonly run: string
  readonly rule: string
  readonly settings: Settings
  readonly federated: FederatedOptions
  readonly clients: readonly string[]
  /** What the network reads and says: clients bring their own samples into this form. */
  readonly samples: Samples
  /** How the coordinator's own data were read: theirs are to be read in the same way. */
  readonly readAs?: ReadAs
}

const recipe = z.object({
  version: z.literal(1),
  run: z.string(),
  rule: z.string(),
  settings: z.object({ hyper: z.record(z.string(), z.unknown()), options: resolvedOptions }),
  federated: federatedOptions,
  clients: z.array(z.string()),
  samples: z.looseObject({ input: z.looseObject({ shape: z.array(z.int()) }) }),
  readAs: keptProvenance.pick({ options: true, encoding: true }).exactOptional(),
})

/** Writes the recipe, or finds the same one. Throws a UserError where the run has another. */
export async function writeRecipe({ values }: Transport, own: Recipe): Promise<void> {
  try {
    await values.put(NAMES.recipe, toJson(own), 0)
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
    const there = fromJson((await values.get(NAMES.recipe))!.value)
    if (!isDeepEqual(there, fromJson(toJson(own))))
      throw new UserError(`the run ${own.run} is another training: choose another folder`)
  }
}

/** Of JSON values: the order of keys tells nothing. */
function isDeepEqual(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every((key) => isDeepEqual((a as never)[key], (b as never)[key]))
}

/** Reads the recipe; undefined where the run has not begun. Throws a UserError where it is none of this version. */
export async function readRecipe({ values }: Transport): Promise<Recipe | undefined> {
  const own = await values.get(NAMES.recipe)
  if (!own) return undefined
  const parsed = recipe.safeParse(fromJson(own.value))
  if (!parsed.success) throw new UserError('the run was begun by another version of onward: use that one here, too')
  return parsed.data as unknown as Recipe
}

/** Milliseconds between two looks. */
const POLL = 100

/** The recipe, once it is there; undefined where the signal came first. */
export async function awaitRecipe(transport: Transport, signal: AbortSignal): Promise<Recipe | undefined> {
  while (!signal.aborted) {
    const recipe = await readRecipe(transport)
    if (recipe) return recipe
    await systemClock.sleep(POLL, signal)
  }
  return undefined
}
