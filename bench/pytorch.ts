/** Debian's own Python, whose torch links OpenBLAS; another one that comes first on the path is not meant. */
export const PYTHON = process.env.ONWARD_BENCH_PYTHON ?? '/usr/bin/python3'

export const TWIN = 'bench/pytorch/forward_forward_twin.py'

/** A machine may hold OpenBLAS to old kernels by these; the twin is to run the fastest that its processor has. */
const HELD_BACK = ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE']

export function twinEnvironment(threads: number): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !HELD_BACK.includes(name))
  return { ...Object.fromEntries(own), OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}` }
}
