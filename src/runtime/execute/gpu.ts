import type { Tensor } from 'onnxruntime-common'
import { dataOf, type Execute, loaded, partOf, type Running, replace, roomFor } from '../slots.js'

/** A call of the engine for each step. The state stays on the device, and is freed as soon as the next one is there. */
export const onDevice =
  ({ ort, program, slots, step }: Running): Execute =>
  async (steps, batch) => {
    const metrics = roomFor(program.metrics, steps)
    for (let k = 0; k < steps; k++) {
      const feeds: Record<string, Tensor> = {}
      for (const { name } of program.state) feeds[name] = loaded(slots, name)
      for (const port of program.batch) feeds[port.name] = partOf(ort, port, batch, k)
      const outputs = await step.run(feeds)
      for (const { name, changes } of program.state) if (changes) replace(slots.get(name)!, outputs[`out.${name}`])
      for (const port of program.metrics)
        dataOf(partOf(ort, port, metrics, k)).set(dataOf(outputs[`metric.${port.name}`]!))
    }
    return metrics
  }
