import { cacheFolder } from '../../data/cache.node.js'
import type { Diagnosis } from '../../runtime/doctor.node.js'
import { packageVersion } from '../../train/environment.node.js'
import { EXIT } from '../failure.js'
import { columns } from '../output/columns.js'
import { bytes } from '../output/numbers.js'
import { print, printAside } from '../output/print.js'
import { type Style, styleOf } from '../output/style.js'

/** `onward doctor`: finds out by trying what runs on this machine. The exit code says whether anything does. */
export async function doctorCommand({ json }: { readonly json?: true }): Promise<number> {
  if (process.stderr.isTTY) printAside('Trying what runs here; this takes a few seconds.')
  const { diagnose } = await import('../../runtime/doctor.node.js')
  const diagnosis = await diagnose()
  if (json) print(JSON.stringify({ onward: packageVersion(), ...diagnosis }, undefined, 2))
  else print(...describeDiagnosis(diagnosis, styleOf(process.stdout)))
  return diagnosis.providers.some(({ works }) => works) ? EXIT.done : EXIT.failed
}

/** What runs here, a line each. */
export function describeDiagnosis(diagnosis: Diagnosis, style: Style): string[] {
  const { versions, platform, processor, instructions, threads, memory, providers, cpu } = diagnosis
  const works = (yes: boolean): string => (yes ? style.green('works') : style.red('does not work'))
  const rows = [
    ['onward', packageVersion()],
    ['onnxruntime', versions.onnxruntime],
    ['node', `${versions.node} on ${platform}`],
    ['processor', `${processor}${instructions.length > 0 ? ` (${instructions.join(', ')})` : ''}`],
    ['threads', String(threads)],
    ['memory', `${bytes(memory.totalBytes)}, ${bytes(memory.freeBytes)} free`],
    ['downloads', cacheFolder()],
    ...providers.map((provider) => [
      `device ${provider.device}`,
      `${works(provider.works)}${provider.reason === undefined ? '' : `: ${provider.reason}`}`,
    ]),
    ...(cpu ? cpuRows(cpu) : []),
  ]
  return columns(rows.map(([name, value]) => [style.dim(name!), value!]))
}

function cpuRows({ exactInt8, matrixProduct }: NonNullable<Diagnosis['cpu']>): string[][] {
  const speed = (gflops: number): string => `${gflops.toFixed(0)} GFLOP/s`
  return [
    ['float32 product', `${speed(matrixProduct.oneThread)} on one thread, ${speed(matrixProduct.allThreads)} on all`],
    ['int8 product', exactInt8 ? 'exact: 8 bits may be used' : 'sums would be cut off: 7 bits are used instead'],
  ]
}
