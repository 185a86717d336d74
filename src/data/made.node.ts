import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { hashOf, makeFolder, replaceFile } from '../files.node.js'
import type { ByteSplit } from './dataset.js'

type Splits = { train: ByteSplit; test: ByteSplit }

/** What `make` gives, read from the file at `path` if that holds just this, by its hash; else made, and kept there. */
export function madeOrKept(path: string, sha256: string, counts: Record<keyof Splits, number>, make: () => Splits) {
  const kept = read(path)
  if (kept && hashOf(kept) === sha256) return unpack(kept, counts)
  const made = make()
  keep(path, Buffer.concat([made.train, made.test].flatMap(({ inputs, targets }) => [inputs, targets])))
  return made
}

function read(path: string): Uint8Array | undefined {
  try {
    return new Uint8Array(readFileSync(path))
  } catch {
    return undefined
  }
}

function unpack(bytes: Uint8Array, counts: Record<keyof Splits, number>): Splits {
  const pixels = bytes.length / (counts.train + counts.test) - 1
  let at = 0
  const take = (length: number): Uint8Array => {
    at += length
    return bytes.subarray(at - length, at)
  }
  const split = (count: number): ByteSplit => ({ inputs: take(count * pixels), targets: take(count), count })
  return { train: split(counts.train), test: split(counts.test) }
}

/** All of it or nothing; where nothing can be kept, the data are made again next time. */
function keep(path: string, bytes: Uint8Array): void {
  try {
    makeFolder(dirname(path))
    replaceFile(path, bytes)
  } catch {
    // No folder, no place, no right to write: what was made is used all the same.
  }
}
