import type { LoadOptions } from '../../data/load.node.js'
import { bytes } from '../output/numbers.js'

interface Stream {
  write(text: string): unknown
  readonly isTTY?: boolean
}

/**
 * Shows downloads as they arrive, and long readings of one's own data: a line that is drawn again on a terminal, a line
 * a file elsewhere.
 */
export function downloadProgress(output: Stream, now: () => number = () => performance.now()) {
  let current = ''
  let open = false
  let drawnAt = Number.NEGATIVE_INFINITY
  const end = (): void => {
    if (open) output.write('\n')
    open = false
  }
  /** `key` tells what goes on; `first` is said of it once where nothing can be drawn again, unless it is empty. */
  const draw = (key: string, first: string, line: string, isLast: boolean): void => {
    const isNew = key !== current
    current = key
    if (!output.isTTY) {
      if (isNew && first !== '') output.write(`${first}\n`)
      return
    }
    if (isNew) end()
    else if (now() - drawnAt < 100 && !isLast) return
    drawnAt = now()
    open = true
    output.write(`\r\x1b[K${line}`)
  }
  return {
    show({ file, received, total }: Parameters<NonNullable<LoadOptions['onProgress']>>[0]): void {
      const line = `downloading ${file}  ${bytes(received)} of ${bytes(total)}`
      draw(file, `downloading ${file} (${bytes(total)})`, line, received >= total)
    },
    /** Of short readings nothing is said. */
    reading(done: number, all: number, what: string): void {
      const isLong = all > 0 && done < all
      if (isLong || what === current)
        draw(what, `reading ${what}`, `reading ${what}  ${Math.floor((100 * done) / all)} %`, done >= all)
    },
    /** Leaves the cursor at the start of a line. */
    end,
  }
}
