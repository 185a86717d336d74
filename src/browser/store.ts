import { createStore, del, entries, get, keys, set } from 'idb-keyval'
import { UserError } from '../errors.js'
import type { RunFiles } from './session.js'

export interface KeptRun {
  readonly name: string
  readonly rule: string
  readonly data: string
  readonly bytes: number
  /** When it was last written, in milliseconds since 1970. */
  readonly time: number
}

interface Kept extends Pick<KeptRun, 'rule' | 'data'> {
  readonly files: RunFiles
  readonly time: number
}

// The database is opened when it is first used: a page that keeps nothing makes none.
let opened: ReturnType<typeof createStore> | undefined
const store = (): ReturnType<typeof createStore> => {
  opened ??= createStore('onward', 'runs')
  return opened
}

/** The runs that this browser keeps for the pages of this origin (IndexedDB). */
export const runs = {
  /** The last one that was written comes first. */
  async list(): Promise<KeptRun[]> {
    const all = await entries<string, Kept>(store())
    return all
      .map(([name, { rule, data, files, time }]) => ({ name, rule, data, bytes: sizeOf(files), time }))
      .sort((a, b) => b.time - a.time)
  },
  /** Throws a UserError where there is no run of that name. */
  async read(name: string): Promise<RunFiles> {
    const kept = await get<Kept>(name, store())
    if (!kept) throw new UserError(`this browser keeps no run of the name ${name} for this page`)
    return kept.files
  },
  /** Throws a UserError where a page has it open. */
  async remove(name: string): Promise<void> {
    const release = await holdRun(name)
    try {
      await del(name, store())
    } finally {
      await release()
    }
  },
  /** `RULE-DATA-N` with the first free number. */
  async freeName(rule: string, data: string): Promise<string> {
    const taken = new Set(await keys<string>(store()))
    const name = `${rule}-${data}`.replaceAll(/[^\w.-]+/g, '-')
    let number = 1
    while (taken.has(`${name}-${number}`)) number++
    return `${name}-${number}`
  },
}

const sizeOf = (files: RunFiles): number => Object.values(files).reduce((sum, { length }) => sum + length, 0)

export const isKept = async (name: string): Promise<boolean> => (await get(name, store())) !== undefined

/** Puts the files of a run in the place of those before, all of them or none. Throws a UserError where there is no room. */
export async function keepRun(
  name: string,
  { rule, data }: Pick<KeptRun, 'rule' | 'data'>,
  files: RunFiles,
): Promise<void> {
  try {
    await set(name, { rule, data, files, time: Date.now() } satisfies Kept, store())
  } catch (cause) {
    const { name: kind, message } = (cause ?? {}) as Partial<Error>
    const size = `${(sizeOf(files) / 2 ** 20).toFixed(1)} MiB`
    if (kind === 'QuotaExceededError')
      throw new UserError(
        `the browser's store is full: ${name} (${size}) could not be kept, and what it kept of it before is still there; ` +
          'remove other runs or free some disk, then train on, or take the files of the run',
        { cause },
      )
    throw new UserError(`the browser's store did not take ${name} (${size}): ${message}`, { cause })
  }
}

/** Holds a run for this page alone, until the function that it gives is called. Throws a UserError where another has it. */
export async function holdRun(name: string): Promise<() => Promise<void>> {
  const { locks } = navigator
  if (!locks)
    throw new UserError('a browser keeps runs for secure pages alone: serve this page by https, or from localhost')
  return await new Promise((resolve, reject) => {
    const held: Promise<void> = locks
      .request(`onward run ${name}`, { ifAvailable: true }, async (lock) => {
        if (!lock) throw new UserError(`the run ${name} is open in another page or tab: close it there first`)
        await new Promise<void>((end) => {
          resolve(async () => {
            end()
            await held
          })
        })
      })
      .catch((error) => {
        const isDenied = (error as Partial<Error>)?.name === 'SecurityError'
        reject(isDenied ? new UserError('this browser keeps no runs for this page: its store is blocked here') : error)
      })
  })
}
