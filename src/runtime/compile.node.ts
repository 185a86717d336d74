import '../no-telemetry.node.js'
import os from 'node:os'
import { Worker } from 'node:worker_threads'
import { UsageError, UserError } from '../errors.js'
import type { StepGraph } from '../onnx/program.js'
import { ownFile } from '../own-files.node.js'
import { channel } from './channel.js'
import { openProgram } from './client.js'
import { createEngine } from './engine.js'
import { createGate, leave, shut } from './gate.js'
import type { CompileOptions, Program } from './program.js'
import type { Engine } from './protocol.js'

/**
 * Compiles a step for `cpu` or `webgpu`. All programs of a process share one worker, and equal steps one session.
 * Throws a UserError if the device does not exist here or does not fit the options.
 */
export async function compile(graph: StepGraph, options: CompileOptions): Promise<Program> {
  const { device, threads, mostThreads, worker = true } = options
  if (device === 'wasm') throw new UsageError('the device wasm runs in browsers; in Node use cpu or webgpu')
  for (const count of [threads, mostThreads])
    if (count !== undefined && !(Number.isInteger(count) && count >= 1))
      throw new UserError(`the number of threads must be a whole number >= 1, got ${count}`)
  try {
    // More threads than cores wait for each other, and a step takes many times as long.
    const useful = Math.min(threads ?? mostThreads ?? Number.POSITIVE_INFINITY, os.availableParallelism())
    return await openProgram(await engineIn(worker), graph, options, useful, threads === undefined)
  } catch (error) {
    if (device === 'webgpu' && /WebGPU adapter|execution provider|not supported/i.test((error as Error).message))
      throw new UserError(
        'webgpu: no graphics adapter was found; install the driver of the graphics card (on Linux its Vulkan driver), ' +
          'name a driver file in VK_DRIVER_FILES, or take the device cpu',
        { cause: error },
      )
    throw error
  }
}

let inWorker: Engine | undefined
let inThisThread: Promise<Engine> | undefined

async function engineIn(worker: boolean): Promise<Engine> {
  if (worker) {
    inWorker ??= startWorker()
    return inWorker
  }
  inThisThread ??= import('onnxruntime-node').then(createEngine)
  return await inThisThread
}

/** The worker is never terminated. It keeps the process alive only while an answer is awaited. */
function startWorker(): Engine {
  const gate = createGate()
  const worker = new Worker(ownFile('./worker.node.js', import.meta.url, 'runtime'), { workerData: gate, execArgv: [] })
  const { engine, receive, fail } = channel(
    (request, transfer) => worker.postMessage(request, transfer),
    (busy) => (busy ? worker.ref() : worker.unref()),
  )
  const ended = (reason: string): void => {
    if (inWorker === engine) inWorker = undefined
    leave(gate)
    fail(`the compute worker ended (${reason}); the state it held is lost: go on from the last checkpoint`)
  }
  worker.on('message', receive)
  worker.on('error', ({ message }) => ended(message))
  worker.on('exit', (code) => ended(`exit code ${code}`))
  worker.unref()
  process.once('exit', () => shut(gate))
  return engine
}
