import { totalmem } from 'node:os'
import { UserError } from '../../errors.js'

/**
 * Bytes that a data set may take: nine tenths of the memory of this machine or container, or `ONWARD_MEMORY`, in
 * megabytes.
 */
export function mostBytes(): number {
  const named = Number(process.env.ONWARD_MEMORY)
  if (named > 0) return named * 2 ** 20
  // 0, or a number beyond all memory, where no container limits it.
  const contained = process.constrainedMemory?.() || Number.POSITIVE_INFINITY
  return 0.9 * Math.min(totalmem(), contained)
}

const inMegabytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20).toLocaleString('en')} MB`

/**
 * Throws a UserError unless `bytes`, the most that reading `path` needs at a time, fit into memory. A reader asks
 * before it reads, with what the header of the file promises.
 */
export function checkFits(bytes: number, path: string): void {
  const most = mostBytes()
  if (bytes <= most) return
  throw new UserError(
    `${path} needs ${inMegabytes(bytes)} of memory, and ${inMegabytes(most)} may be used (nine tenths of this ` +
      'machine, or ONWARD_MEMORY in megabytes): take fewer samples or smaller ones.',
  )
}
