import type { Machine } from '../machine.js'

export interface FaultsRun {
  readonly accuracy: number | undefined
  readonly seconds: number
  readonly secondsARound: number
  /** How many answered, by round. */
  readonly answers: readonly number[]
  readonly withSlow: number
  readonly withLost: number
}

/** What one slow and one lost client of ten cost. */
export interface FaultsMade {
  readonly id: string
  readonly command: string
  readonly rounds: number
  readonly without: FaultsRun
  readonly withFaults: FaultsRun
  readonly machine: Machine
}

export const faultsId = (data: string, rule: string): string => `${data}-${rule}-faults`
