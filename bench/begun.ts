import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { JobSettings } from './job.js'

/** What a run was begun with. */
interface Asked {
  readonly command: string
  readonly settings?: JobSettings | undefined
}

/** Beside the folder of the run. */
const fileOf = (folder: string): string => `${folder}.begun.json`

const textOf = (asked: Asked): string => `${JSON.stringify(asked, null, 2)}\n`

export function noteBegun(folder: string, asked: Asked): void {
  mkdirSync(dirname(folder), { recursive: true })
  writeFileSync(fileOf(folder), textOf(asked))
}

/** Throws an Error where the half-done run of a folder was begun with other settings, or nothing says with which. */
export function checkBegun(folder: string, asked: Asked): void {
  const file = fileOf(folder)
  const then = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  if (then === textOf(asked)) return
  const why = then === undefined ? `there is no ${file}` : `${file} holds other settings than its job has today`
  throw new Error(`${folder} holds a half-done run, and ${why}: move the folder away to begin anew`)
}

export const forgetBegun = (folder: string): void => rmSync(fileOf(folder), { force: true })
