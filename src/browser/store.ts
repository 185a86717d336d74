import { createStore, get, keys, promisifyRequest } from 'idb-keyval'
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

/** What is kept of a run beside its bytes, under its name. */
interface Head extends Pick<KeptRun, 'rule' | 'data' | 'time'> {
  /** The length of each file; their bytes lie in pieces under `[name, file, number]`. */
  readonly lengths: { readonly [file: string]: number }
}

/**
 * Chromium keeps a value above 64 KiB apart from the others, and loses it where the page is closed before it was
 * copied, although it was said to be kept: then nobody can read it, nor any list that holds it.
 */
const PIECE = 2 ** 15

// The database is opened when it is first used: a page that keeps nothing makes none.
let opened: ReturnType<typeof createStore> | undefined
const store = (): ReturnType<typeof createStore> => {
  opened ??= createStore('onward-runs', 'runs')
  return opened
}

/** All pieces of a run: arrays of keys follow each other, the shorter first. */
const piecesOf = (name: string): IDBKeyRange => IDBKeyRange.bound([name], [name, []])

/** The runs that this browser keeps for the pages of this origin (IndexedDB). */
export const runs = {
  /** The last one that was written comes first. */
  async list(): Promise<KeptRun[]> {
    const heads = await store()('readonly', async (own) => {
      const names = (await promisifyRequest(own.getAllKeys())).filter((key) => typeof key === 'string')
      return await Promise.all(names.map(async (name) => [name, await promisifyRequest<Head>(own.get(name))] as const))
    })
    return heads
      .map(([name, { rule, data, lengths, time }]) => ({ name, rule, data, bytes: sum(Object.values(lengths)), time }))
      .sort((a, b) => b.time - a.time)
  },
  /** Throws a UserError where there is no run of that name. */
  async read(name: string): Promise<RunFiles> {
    const [head, pieces] = await store()('readonly', (own) =>
      Promise.all([
        promisifyRequest<Head | undefined>(own.get(name)),
        promisifyRequest<Uint8Array[]>(own.getAll(piecesOf(name))),
      ]),
    )
    if (!head) throw new UserError(`this browser keeps no run of the name ${name} for this page`)
    return joined(head.lengths, pieces)
  },
  /** Throws a UserError where a page has it open. */
  async remove(name: string): Promise<void> {
    const release = await holdRun(name)
    try {
      await store()('readwrite', (own) => {
        own.delete(name)
        own.delete(piecesOf(name))
        return promisifyRequest(own.transaction)
      })
    } finally {
      await release()
    }
  },
  /** `RULE-DATA-N` with the first free number. */
  async freeName(rule: string, data: string): Promise<string> {
    const taken = new Set(await keys<IDBValidKey>(store()))
    const name = `${rule}-${data}`.replaceAll(/[^\w.-]+/g, '-')
    let number = 1
    while (taken.has(`${name}-${number}`)) number++
    return `${name}-${number}`
  },
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

/** Files from their pieces, which come in the order of the files' names. */
function joined(lengths: Head['lengths'], pieces: readonly Uint8Array[]): RunFiles {
  const left = [...pieces]
  const files = Object.keys(lengths)
    .sort()
    .map((file) => {
      const bytes = new Uint8Array(lengths[file]!)
      for (let at = 0; at < bytes.length; at += PIECE) bytes.set(left.shift()!, at)
      return [file, bytes]
    })
  return Object.fromEntries(files)
}

export const isKept = async (name: string): Promise<boolean> => (await get(name, store())) !== undefined

/** Puts the files of a run in the place of those before, all of them or none. Throws a UserError where there is no room. */
export async function keepRun(
  name: string,
  { rule, data }: Pick<KeptRun, 'rule' | 'data'>,
  files: RunFiles,
): Promise<void> {
  const lengths = Object.fromEntries(Object.entries(files).map(([file, bytes]) => [file, bytes.length]))
  try {
    await store()('readwrite', (own) => {
      const { transaction } = own
      try {
        own.delete(piecesOf(name))
        for (const [file, bytes] of Object.entries(files))
          for (let at = 0; at < bytes.length; at += PIECE)
            own.put(bytes.slice(at, at + PIECE), [name, file, at / PIECE])
        own.put({ rule, data, lengths, time: Date.now() } satisfies Head, name)
      } catch (error) {
        // What was asked for before would be done all the same.
        transaction.abort()
        throw error
      }
      return promisifyRequest(transaction)
    })
  } catch (cause) {
    const { name: kind, message } = (cause ?? {}) as Partial<Error>
    const size = `${(sum(Object.values(lengths)) / 2 ** 20).toFixed(1)} MiB`
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
