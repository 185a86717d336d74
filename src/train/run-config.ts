import { z } from 'zod'
import { keptProvenance } from '../data/own/provenance.js'
import { UserError } from '../errors.js'
import { LOG_FORMATS } from './log-formats.js'
import { resolvedOptions } from './options.js'

/** `config.json`: what was asked for, complete. */
const runConfig = z.object({
  rule: z.string(),
  data: z.string(),
  hyper: z.record(z.string(), z.unknown()),
  options: resolvedOptions,
  /** For a layer that was trained alone: the run that trained the layers below it. */
  below: z.string().optional(),
  /** The run whose weights it began with. */
  from: z.string().optional(),
  /** The preset that its settings came from, for people. */
  preset: z.string().optional(),
  /**
   * The most threads of an operation, where the options fix no number: those that the machine had when the run began.
   */
  mostThreads: z.int().min(1).optional(),
  /** The file that its rule was loaded from. It is never run but where somebody names it. */
  ruleFile: z.object({ path: z.string(), sha256: z.string() }).optional(),
  /** Of one's own data: where they are and how they were read. */
  own: keptProvenance.optional(),
  /** SHA-256 of the content of the data, where no published hash tells it. */
  fingerprint: z.string().optional(),
  /** Logs for other programs. */
  log: z.array(z.enum(LOG_FORMATS)).optional(),
})
export type RunConfig = Readonly<z.infer<typeof runConfig>>

/** Reads the settings of a run; `where` names the file. Throws a UserError where the text holds none. */
export function decodeConfig(text: string, where: string): RunConfig {
  try {
    return runConfig.parse(JSON.parse(text))
  } catch (cause) {
    throw new UserError(`${where} is damaged: it does not hold the settings of a run`, { cause })
  }
}
