import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { conv2d, input, pullback, quantizedConv2d, type Tensor } from '../src/graph/index.js'
import type { StepGraph } from '../src/onnx/index.js'
import { compile } from '../src/runtime/compile.node.js'
import { int8IsExact } from '../src/runtime/doctor.node.js'
import type { Program, TensorRecord } from '../src/runtime/program.js'
import type { ConvolutionJob } from './job.js'
import { checkProof, exportStart, PROVEN } from './proof.js'
import { askProof, PYTHON, twinEnvironment } from './pytorch.js'
import { quietMachine } from './quiet.js'
import { median, writeMeasured } from './records.js'

const ROUNDS = 5
const TWIN = 'bench/twins/convolution_twin.py'
const [ROWS, INPUTS, OUTPUTS, SIDE] = [64, 64, 128, 32]

/** A 3x3 convolution and its weight gradient. Of both comes out one corner's sum of squares: next to no work. */
function stepOf(levels: number | undefined): StepGraph {
  const state = (name: string, shape: readonly number[]) => input({ name, kind: 'state', shape, dtype: 'float32' })
  const x = state('x', [ROWS, INPUTS, SIDE, SIDE])
  const w = state('w', [OUTPUTS, INPUTS, 3, 3])
  const delta = state('delta', [ROWS, OUTPUTS, SIDE, SIDE])
  const y = levels === undefined ? conv2d(x, w, { padding: 1 }) : quantizedConv2d(x, w, { padding: 1 }, levels)
  const [gradient] = pullback([y], [delta], [w])
  // The weights change a little in every step: nothing can be lifted out of the loop.
  const next = w.add(gradient!.mul(1e-9))
  const corner = (t: Tensor): Tensor => t.slice(0, 0, 1).slice(1, 0, 1).square().sum()
  return {
    state: [
      { name: 'x', input: x, output: x },
      { name: 'delta', input: delta, output: delta },
      { name: 'w', input: w, output: next },
    ],
    batch: [],
    metrics: [
      { name: 'y', output: corner(y) },
      { name: 'gradient', output: corner(gradient!) },
    ],
  }
}

const stateOf = (graph: StepGraph): TensorRecord => {
  const noise = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898))
  return Object.fromEntries(graph.state.map(({ name, input: x }) => [name, noise(x.size)]))
}

async function programOf(graph: StepGraph, threads: number): Promise<Program> {
  const program = await compile(graph, { device: 'cpu', threads })
  await program.load(stateOf(graph))
  return program
}

/** Asks the twin whether it is one: what comes out of both maps in float32. Says how far it lies from ours. */
export async function proveConvolution({ id, threads }: ConvolutionJob): Promise<number[]> {
  const graph = stepOf(undefined)
  const program = await programOf(graph, threads)
  const { metrics } = await program.run(PROVEN, {})
  await program.dispose()
  const given = [TWIN, '--start', exportStart(graph, stateOf(graph)), '--threads', `${threads}`]
  return checkProof(id, metrics, await askProof(given, threads))
}

/** Times ours in float32 and in 8 bits, and the twin's, in turns. */
export async function runConvolution(job: ConvolutionJob): Promise<void> {
  const machine = await quietMachine(job)
  const apart = await proveConvolution(job)
  const levels = (await int8IsExact()) ? 127 : 63
  const programs: Program[] = []
  for (const graph of [stepOf(undefined), stepOf(levels)]) {
    const program = await programOf(graph, job.threads)
    await program.run(2, {})
    programs.push(program)
  }
  const time = async (program: Program): Promise<number> => (1000 * (await program.run(8, {})).seconds) / 8
  const twin = async (): Promise<number> => {
    const given = [TWIN, '--threads', `${job.threads}`, '--steps', '8']
    const { stdout } = await promisify(execFile)(PYTHON, given, { env: twinEnvironment(job.threads) })
    return JSON.parse(stdout).ms.median
  }
  const results = []
  for (let round = 0; round < ROUNDS; round++) {
    const [float32, int8] = [await time(programs[0]!), await time(programs[1]!)]
    const torch = await twin()
    results.push({ float32, int8, torch, float32Ratio: torch / float32, int8Ratio: torch / int8, levels })
  }
  for (const program of programs) await program.dispose()
  console.error(`  8 bits: ${median(results.map(({ int8Ratio }) => int8Ratio)).toFixed(2)} times PyTorch float32`)
  writeMeasured(job.id, machine, [...results, { when: 'twin', apart }])
}
