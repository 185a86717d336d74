// Runs the cases of the table on the WebGPU provider, from the one whose number is given, and says on standard error,
// where ONNX Runtime says where it placed each node, what began and how it ended. A bad program aborts the process.
import { writeSync } from 'node:fs'
import { ALL, assertLowering } from './harness.js'

const say = (line: object): number => writeSync(2, `\n@@${JSON.stringify(line)}\n`)

for (let i = Number(process.argv[2]); i < ALL.length; i++) {
  const { op, own } = ALL[i]!
  say({ index: i, state: 'started' })
  try {
    await assertLowering(op, own, 'webgpu')
    say({ index: i, state: 'passed' })
  } catch (error) {
    say({ index: i, state: 'failed', message: error instanceof Error ? error.message : String(error) })
  }
}
process.exit(0)
