import { fstatSync, writeSync } from 'node:fs'
import { EXIT } from '../failure.js'
import { printAside } from './print.js'

type Output = NodeJS.WriteStream & { fd: number }

/**
 * Standard output and standard error may fail: a reader goes away, a disk is full, a terminal is closed. None of that
 * ends the process. A reader that has seen enough (`onward rules | head -1`) is nothing to tell; any other loss of the
 * answer is told once, and is a failure. A training hears the event `error` of standard output, saves and ends.
 */
export function guardOutputs(): void {
  let lost = false
  process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || lost) return
    lost = true
    // Node aborts when it ends without its terminal, which it wants to put in order; a hang-up is how others end.
    if (code === 'EIO' && process.stdout.isTTY) process.once('exit', () => process.kill(process.pid, 'SIGHUP'))
    process.once('exit', () => {
      process.exitCode = EXIT.failed
    })
    printAside(`onward: the output could not be written: ${message}`)
  })
  process.stderr.on('error', () => undefined)
  for (const output of [process.stdout, process.stderr] as Output[]) if (isFile(output.fd)) writeWhole(output)
}

function isFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile()
  } catch {
    return false
  }
}

/** A disk that is nearly full takes a part of the bytes, and Node drops the rest without a word. */
function writeWhole(output: Output): void {
  output._write = (chunk: Uint8Array, _encoding, done) => {
    try {
      for (let at = 0; at < chunk.length; ) at += writeSync(output.fd, chunk, at)
      done()
    } catch (error) {
      done(error as Error)
    }
  }
}
