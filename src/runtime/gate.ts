// A process that ends while another of its threads is inside ONNX Runtime aborts. One shared cell keeps the two apart.
const IDLE = 0
const BUSY = 1
const CLOSED = 2

export const createGate = (): Int32Array => new Int32Array(new SharedArrayBuffer(4))

/** In the worker, before native code: false if the process is ending. */
export const enter = (gate: Int32Array): boolean => Atomics.compareExchange(gate, 0, IDLE, BUSY) === IDLE

export function leave(gate: Int32Array): void {
  Atomics.store(gate, 0, IDLE)
  Atomics.notify(gate, 0)
}

/** In the thread that ends the process: waits for the native call in flight, and lets no other begin. */
export function shut(gate: Int32Array): void {
  while (Atomics.compareExchange(gate, 0, IDLE, CLOSED) === BUSY) Atomics.wait(gate, 0, BUSY)
}
