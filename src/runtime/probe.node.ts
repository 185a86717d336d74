import { input } from '../graph/index.js'
import { compile } from './compile.node.js'

// Run by `diagnose`, in a process of its own: prints as JSON whether a training step runs on webgpu.
const w = input({ name: 'w', kind: 'state', shape: [2, 2], dtype: 'float32' })
const graph = { state: [{ name: 'w', input: w, output: w.matmul(w) }], batch: [], metrics: [] }
try {
  const program = await compile(graph, { device: 'webgpu' })
  await program.load({ w: Float32Array.of(1, 1, 0, 1) })
  await program.run(3, {})
  const { w: result } = await program.read()
  await program.dispose()
  const works = result!.join() === '1,8,0,1'
  console.log(JSON.stringify(works ? { works } : { works, reason: `a product came out wrong: ${result!.join(', ')}` }))
} catch (error) {
  console.log(JSON.stringify({ works: false, reason: (error as Error).message }))
}
