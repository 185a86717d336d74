import type { RunFiles } from './session.js'

export interface KeptRun {
  readonly name: string
  readonly rule: string
  readonly data: string
  readonly bytes: number
  /** When it was last written, in milliseconds since 1970. */
  readonly time: number
}

/** The runs that this browser keeps for the pages of this origin (IndexedDB). */
export declare const runs: {
  /** The last one that was written comes first. */
  list(): Promise<KeptRun[]>
  /** Throws a UserError where there is no run of that name. */
  read(name: string): Promise<RunFiles>
  /** Throws a UserError where a page has it open. */
  remove(name: string): Promise<void>
  /** `RULE-DATA-N` with the first free number. */
  freeName(rule: string, data: string): Promise<string>
}
