import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { KeptUp } from './kept-up.node.js'

/** Bytes of a disk with which a server can hardly go on. */
const FEW = 16 * 2 ** 20

/**
 * What may be wrong with a server that does not answer; `left`: the bytes that its disk has, where that is known. Version
 * 2.9 answers hardly anything any more where a write failed.
 */
export const silenceWith = (left: number | undefined, log: string): string =>
  left !== undefined && left < FEW
    ? `the server does not answer, and its disk has ${Math.floor(left / 2 ** 20)} MiB left: free some space, end this ` +
      'run (Ctrl-C), and go on with --resume'
    : `the server does not answer; what it says itself is in ${log}`

/** Tells of a server that is silent, and that it answers again, each once. */
export function silenceTold({ log }: Pick<KeptUp, 'log'>, tell: (message: string) => void = () => undefined) {
  let isTold = false
  return (isSilent: boolean): void => {
    if (isSilent === isTold) return
    isTold = isSilent
    tell(isSilent ? silenceWith(leftBeside(log()), log()) : 'the server answers again')
  }
}

function leftBeside(file: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(dirname(file))
    return bavail * bsize
  } catch {
    // A disk that cannot even be asked: nothing more is known of it.
    return undefined
  }
}
