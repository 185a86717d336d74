import type { Tensor } from 'onnxruntime-common'
import { dataOf, type Execute, loaded, type Running, replace } from '../slots.js'

/** All steps of a call in one loop of the engine: the state goes in and comes back once. */
export const loop =
  ({ ort, program, slots, step }: Running): Execute =>
  async (steps, batch) => {
    const feeds: Record<string, Tensor> = { steps: new ort.Tensor('int64', BigInt64Array.of(BigInt(steps)), []) }
    for (const { name } of program.state) feeds[name] = loaded(slots, name)
    for (const { name, dtype, shape } of program.batch)
      feeds[name] = new ort.Tensor(dtype, batch[name]!, [steps, ...shape])
    const outputs = await step.run(feeds)
    for (const { name, changes } of program.state) if (changes) replace(slots.get(name)!, outputs[`out.${name}`])
    return Object.fromEntries(program.metrics.map(({ name }) => [name, dataOf(outputs[`metric.${name}`]!)]))
  }
