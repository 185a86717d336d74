import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { changeAfter } from './changes.js'
import type { JobSettings } from './job.js'
import { changedSince } from './job-settings.js'

/** What a run is begun with. */
interface Asked {
  readonly id: string
  readonly command: string
  readonly settings: JobSettings
}

/** Beside the folder of the run. */
const fileOf = (folder: string): string => `${folder}.begun.json`

export function noteBegun(folder: string, asked: Asked): void {
  mkdirSync(dirname(folder), { recursive: true })
  const date = new Date().toISOString().slice(0, 10)
  writeFileSync(fileOf(folder), `${JSON.stringify({ ...asked, date }, null, 2)}\n`)
}

/** Throws an Error where the run in a folder was begun otherwise than its job would begin it today. */
export function checkBegun(folder: string, asked: Asked): void {
  const change = changeOf(folder, asked)
  if (change !== undefined)
    throw new Error(`${folder} holds a run that was begun before, and ${change}: move it away to begin anew`)
}

function changeOf(folder: string, asked: Asked): string | undefined {
  const file = fileOf(folder)
  if (!existsSync(file)) return `there is no ${file} to say with which settings`
  const then: Asked & { readonly date: string } = JSON.parse(readFileSync(file, 'utf8'))
  if (then.command !== asked.command) return `its command was ${then.command}`
  const change = changeAfter(then)
  return changedSince(then, asked.settings) ?? (change && `it is ${change}`)
}

/** Removes a run and what is noted of it. */
export function removeRun(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  rmSync(fileOf(folder), { force: true })
}
