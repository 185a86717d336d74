import type { InferenceSession, Tensor } from 'onnxruntime-common'
import type { TensorRecord } from '../program.js'
import { dataOf, type Execute, loaded, type Running, replace, sumsOf } from '../slots.js'

/** A call of the engine for each step. The state never leaves the device, and is freed as soon as the next one is there. */
export const onDevice = (running: Running, sum: InferenceSession | undefined): Execute => {
  const { ort, program, slots, step } = running
  return async (steps, batch) => {
    const metrics: TensorRecord = {}
    for (let k = 0; k < steps; k++) {
      const feeds: Record<string, Tensor> = {}
      for (const { name } of program.state) feeds[name] = loaded(slots, name)
      for (const { name, dtype, shape } of program.batch) {
        const size = batch[name]!.length / steps
        feeds[name] = new ort.Tensor(dtype, batch[name]!.subarray(k * size, (k + 1) * size), shape)
      }
      const outputs = await step.run(feeds)
      for (const { name, changes } of program.state) if (changes) replace(slots.get(name)!, outputs[`out.${name}`])
      for (const { name } of program.metrics) {
        const data = dataOf(outputs[`metric.${name}`]!)
        metrics[name] ??= new (data.constructor as Float32ArrayConstructor)(data.length * steps)
        metrics[name].set(data, k * data.length)
      }
    }
    return { metrics, sums: await sumsOf(sum, running) }
  }
}
