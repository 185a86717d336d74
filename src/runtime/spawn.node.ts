import { Worker } from 'node:worker_threads'
import { type Channel, channel, type Reply } from './channel.js'

/**
 * A compute thread, made by this one: it treats denormals as this one does when it is made. `watch` hears whether any
 * answer is awaited, `gone` when the thread has ended.
 */
export function spawn(
  gate: Int32Array,
  watch: (worker: Worker, busy: boolean) => void = () => undefined,
  gone: () => void = () => undefined,
): Channel {
  const worker = new Worker(new URL('./worker.node.js', import.meta.url), { workerData: gate, execArgv: [] })
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
