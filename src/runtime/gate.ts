// Exiting while another thread is inside ONNX Runtime aborts the process: with this flag, exit waits for its call.
const BUSY = 1
const CLOSED = 2

export const createGate = (): Int32Array => new Int32Array(new SharedArrayBuffer(4))

/** In the worker, before native code: false if the process is ending. */
export const enter = (gate: Int32Array): boolean => Atomics.compareExchange(gate, 0, 0, BUSY) === 0

export function leave(gate: Int32Array): void {
  Atomics.and(gate, 0, ~BUSY)
  Atomics.notify(gate, 0)
}

/** In the thread that ends the process: lets no other native call begin, and waits for the one in flight. */
export function shut(gate: Int32Array): void {
  Atomics.or(gate, 0, CLOSED)
  Atomics.wait(gate, 0, CLOSED | BUSY)
}
