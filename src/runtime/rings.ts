import type { Tensor } from 'onnxruntime-common'
import { sizeOf } from '../graph/types.js'
import type { Port } from '../onnx/program.js'
import { dataOf, type Ort } from './opened.js'
import { ARRAYS, type TensorData } from './program.js'

/** A ring in shared memory, through which one stage of a step hands tensors to another, in another thread. */
export interface Ring {
  readonly ports: readonly Port[]
  /** Counters, and then `SLOTS` times the tensors. */
  readonly memory: SharedArrayBuffer
}

/** One end of a ring. The tensors are this thread's own; they go into the ring, or come from it, as copies. */
export interface RingEnd {
  readonly tensors: ReadonlyMap<string, Tensor>
  /** For the next step, waiting until the other end is ready. Throws an Error where that end has failed. */
  pass(): Promise<void>
}

/** The sender may be so many steps ahead. */
const SLOTS = 3

/** What an end says that waited for one that has failed. */
export const OTHER_FAILED = 'another stage of this step failed'

/** How many steps were sent and received since `reset`, and whether one of the ends has failed. */
const [SENT, RECEIVED, FAILED] = [0, 1, 2]
const HEADER = 64

/** Of whole lines of a cache, so that threads do not wait for each other's. */
const bytesOf = ({ shape }: Port): number => 64 * Math.ceil((4 * sizeOf(shape)) / 64)

export function createRing(ports: readonly Port[]): Ring {
  const slot = ports.reduce((sum, port) => sum + bytesOf(port), 0)
  return { ports, memory: new SharedArrayBuffer(HEADER + SLOTS * slot) }
}

const countersOf = ({ memory }: Ring): Int32Array => new Int32Array(memory, 0, 3)

/** Before a call, while nobody passes anything. */
export const reset = (ring: Ring): unknown => countersOf(ring).fill(0)

/** Whoever waits at the other end goes on, and throws. */
export function fail(ring: Ring): void {
  const counters = countersOf(ring)
  Atomics.store(counters, FAILED, 1)
  for (const counter of [SENT, RECEIVED]) Atomics.notify(counters, counter)
}

export function openEnd(ort: Ort, ring: Ring, end: 'sender' | 'receiver'): RingEnd {
  const counters = countersOf(ring)
  const tensors = new Map<string, Tensor>()
  const slots = Array.from({ length: SLOTS }, () => new Map<string, TensorData>())
  let at = HEADER
  for (const slot of slots)
    for (const port of ring.ports) {
      const Data = ARRAYS[port.dtype] as new (...place: [SharedArrayBuffer, number, number]) => TensorData
      slot.set(port.name, new Data(ring.memory, at, sizeOf(port.shape)))
      at += bytesOf(port)
    }
  for (const { name, dtype, shape } of ring.ports)
    tensors.set(name, new ort.Tensor(dtype, new ARRAYS[dtype](sizeOf(shape)), shape))

  const [own, others] = end === 'sender' ? [SENT, RECEIVED] : [RECEIVED, SENT]
  return {
    tensors,
    async pass() {
      const step = Atomics.load(counters, own)
      const isReady = (count: number): boolean => (end === 'sender' ? step - count < SLOTS : count > step)
      for (;;) {
        if (Atomics.load(counters, FAILED)) throw new Error(OTHER_FAILED)
        const count = Atomics.load(counters, others)
        if (isReady(count)) break
        // Now and then events are let in, such as the end of the other thread.
        if (Atomics.wait(counters, others, count, 100) === 'timed-out') await new Promise((go) => setTimeout(go))
      }
      for (const [name, shared] of slots[step % SLOTS]!) {
        const data = dataOf(tensors.get(name)!)
        if (end === 'sender') shared.set(data)
        else data.set(shared)
      }
      Atomics.store(counters, own, step + 1)
      Atomics.notify(counters, own)
    },
  }
}
