import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { input, quantizedProduct } from '../graph/index.js'
import type { Device } from '../onnx/emitter.js'
import { engineVersion, ownFile } from '../own-files.node.js'
import { compile } from './compile.node.js'

export interface Provider {
  readonly device: Device
  /** Whether a training step really ran on it. */
  readonly works: boolean
  /** Why not. */
  readonly reason?: string
}

export interface Diagnosis {
  readonly versions: { readonly node: string; readonly onnxruntime: string }
  /** As Node names them: linux-x64. */
  readonly platform: string
  readonly processor: string
  /** Of the instruction sets that matter for matrix products, those that the processor has; empty where unknown. */
  readonly instructions: readonly string[]
  readonly threads: number
  readonly memory: { readonly totalBytes: number; readonly freeBytes: number }
  readonly providers: readonly Provider[]
  /** What the cpu provider does here; absent where it does not work. */
  readonly cpu?: CpuFigures
}

export interface CpuFigures {
  /** Whether 8-bit products are exact: x86 processors without VNNI cut off sums of two products at 16 bits. */
  readonly exactInt8: boolean
  /** GFLOP/s of a float32 matrix product of 1024 x 1024 x 1024. */
  readonly matrixProduct: { readonly oneThread: number; readonly allThreads: number }
}

/** Finds out by trying what runs on this machine; takes a few seconds. */
export async function diagnose(): Promise<Diagnosis> {
  const threads = os.availableParallelism()
  const measured = await cpuFigures(threads).catch((error: Error) => error)
  const works = !(measured instanceof Error)
  return {
    versions: {
      node: process.version,
      onnxruntime: engineVersion(),
    },
    platform: `${process.platform}-${process.arch}`,
    processor: os.cpus()[0]?.model.trim() || 'unknown',
    instructions: await instructionSets(),
    threads,
    memory: { totalBytes: os.totalmem(), freeBytes: os.freemem() },
    providers: [{ device: 'cpu', works, ...(!works && { reason: measured.message }) }, await webgpu()],
    ...(works && { cpu: measured }),
  }
}

async function cpuFigures(threads: number): Promise<CpuFigures> {
  const oneThread = await matrixProductSpeed(1)
  const allThreads = threads === 1 ? oneThread : await matrixProductSpeed(threads)
  return { exactInt8: await int8IsExact(), matrixProduct: { oneThread, allThreads } }
}

/** GFLOP/s of a float32 product of 1024 x 1024 x 1024 in ONNX Runtime: the yardstick for a training step's speed. */
export async function matrixProductSpeed(threads: number): Promise<number> {
  const size = 1024
  const steps = 8
  const square = (name: string) => input({ name, kind: 'state', shape: [size, size], dtype: 'float32' })
  const [x, w] = [square('x'), square('w')]
  const state = [
    { name: 'x', input: x, output: x.matmul(w) },
    { name: 'w', input: w, output: w },
  ]
  const program = await compile({ state, batch: [], metrics: [] }, { device: 'cpu', threads })
  await program.load({ x: new Float32Array(size ** 2).fill(1), w: new Float32Array(size ** 2).fill(1 / size) })
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < 5; i++) best = Math.min(best, (await program.run(steps, {})).seconds)
  await program.dispose()
  return (2 * size ** 3 * steps) / best / 1e9
}

/** A product in which every sum is as large as it can be, and known. */
export async function int8IsExact(): Promise<boolean> {
  const [rows, inner] = [64, 512]
  const a = input({ name: 'a', kind: 'data', shape: [rows, inner], dtype: 'float32' })
  const b = input({ name: 'b', kind: 'data', shape: [inner, rows], dtype: 'float32' })
  const program = await compile(
    {
      state: [],
      batch: [
        { name: 'a', input: a },
        { name: 'b', input: b },
      ],
      metrics: [{ name: 'product', output: quantizedProduct(a, b, {}, 127) }],
    },
    { device: 'cpu' },
  )
  const batch = { a: new Float32Array(rows * inner).fill(255), b: new Float32Array(rows * inner).fill(127) }
  const { product } = (await program.run(1, batch)).metrics
  await program.dispose()
  return product!.every((sum) => sum === 255 * 127 * inner)
}

/** In a process of its own: a graphics driver may write to the terminal, or take the process down. */
async function webgpu(): Promise<Provider> {
  const probe = fileURLToPath(ownFile('./probe.node.js', import.meta.url, 'runtime'))
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [probe], { timeout: 120_000 })
    return { device: 'webgpu', ...JSON.parse(stdout) }
  } catch (error) {
    const { signal, code } = error as { signal?: string; code?: number }
    return { device: 'webgpu', works: false, reason: `the trial ended with ${signal ?? `exit code ${code}`}` }
  }
}

const INSTRUCTIONS = [
  ...['avx2', 'fma', 'avx512f', 'avx_vnni', 'avx512_vnni', 'avx512_bf16', 'amx_int8', 'amx_bf16'],
  ...['asimd', 'asimddp', 'i8mm', 'sve'],
]

/** Those sets of the processor that decide how fast products are; empty where the system does not tell. */
export async function instructionSets(): Promise<string[]> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1]?.trim().split(/\s+/) ?? []
  return INSTRUCTIONS.filter((name) => flags.includes(name))
}
