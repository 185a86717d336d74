import { Worker } from 'node:worker_threads'
import { type Channel, channel, type Reply } from './channel.js'

/** What a compute thread is given. */
export interface Given {
  readonly gate: Int32Array
  /** Whether it must flush denormal numbers, or must not, for its bits to be those of another thread; else either. */
  readonly flushes?: boolean
}

/** Whether this thread takes denormal numbers for zero. */
export function flushesDenormals(): boolean {
  const [denormal, half] = Float64Array.of(1e-310, 0.5)
  return denormal! * half! === 0
}

/**
 * A compute thread. On Linux it flushes denormals where the thread that makes it does. `watch` hears whether any
 * answer is awaited, `gone` when the thread has ended.
 */
export function spawn(
  given: Given,
  watch: (worker: Worker, busy: boolean) => void = () => undefined,
  gone: () => void = () => undefined,
): Channel {
  const worker = new Worker(new URL('./worker.node.js', import.meta.url), { workerData: given, execArgv: [] })
  const own = channel(
    (request, transfer) => worker.postMessage(request, transfer),
    (busy) => watch(worker, busy),
  )
  const fail = (reason: string): void => {
    gone()
    own.fail(`the compute worker ended (${reason}); the state it held is lost: go on from the last checkpoint`)
  }
  worker.on('message', (reply: Reply) => own.receive(reply))
  worker.on('error', (error) => fail(error.message))
  worker.on('exit', (code) => fail(`exit code ${code}`))
  watch(worker, false)
  return own
}
