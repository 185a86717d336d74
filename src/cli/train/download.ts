import type { LoadOptions } from '../../data/load.node.js'
import { bytes } from '../output/numbers.js'

interface Stream {
  write(text: string): unknown
  readonly isTTY?: boolean
}

/** Shows downloads as they arrive: a line that is drawn again on a terminal, a line a file elsewhere. */
export function downloadProgress(output: Stream, now: () => number = () => performance.now()) {
  let current = ''
  let open = false
  let drawnAt = Number.NEGATIVE_INFINITY
  const end = (): void => {
    if (open) output.write('\n')
    open = false
  }
  return {
    show({ file, received, total }: Parameters<NonNullable<LoadOptions['onProgress']>>[0]): void {
      const isNew = file !== current
      current = file
      if (!output.isTTY) {
        if (isNew) output.write(`downloading ${file} (${bytes(total)})\n`)
        return
      }
      if (isNew) end()
      else if (now() - drawnAt < 100 && received < total) return
      drawnAt = now()
      open = true
      output.write(`\r\x1b[Kdownloading ${file}  ${bytes(received)} of ${bytes(total)}`)
    },
    /** Leaves the cursor at the start of a line. */
    end,
  }
}
