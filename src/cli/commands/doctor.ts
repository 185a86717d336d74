import { styleText } from 'node:util'
import { cacheFolder } from '../../data/cache.node.js'
import { packageVersion } from '../../own-files.node.js'
import type { Diagnosis, Provider } from '../../runtime/doctor.node.js'
import { EXIT } from '../failure.js'
import { bytes } from '../output/numbers.js'
import { print, printAside, printJson } from '../output/print.js'
import { definitions, textWidth } from '../output/text.js'

/** `onward doctor`: finds out by trying what runs on this machine. The exit code says whether anything does. */
export async function command({ json }: { readonly json?: true }): Promise<number> {
  if (process.stderr.isTTY) printAside('Trying what runs here; this takes a few seconds.')
  const { diagnose } = await import('../../runtime/doctor.node.js')
  const diagnosis = await diagnose()
  if (json) printJson({ onward: packageVersion(), ...diagnosis })
  else print(...definitions(describe(diagnosis), textWidth()))
  return diagnosis.providers.some(({ works }) => works) ? EXIT.done : EXIT.failed
}

function describe({ versions, platform, processor, instructions, ...rest }: Diagnosis): [string, string][] {
  const { threads, memory, providers, cpu } = rest
  return [
    ['onward', packageVersion()],
    ['onnxruntime', versions.onnxruntime],
    ['node', `${versions.node} on ${platform}`],
    ['processor', `${processor}${instructions.length > 0 ? ` (${instructions.join(', ')})` : ''}`],
    ['threads', String(threads)],
    ['memory', `${bytes(memory.totalBytes)}, ${bytes(memory.freeBytes)} free`],
    ['downloads', cacheFolder()],
    ...providers.map((provider): [string, string] => [`device ${provider.device}`, describeProvider(provider)]),
    ...(cpu ? describeCpu(cpu) : []),
  ]
}

function describeProvider({ works, reason }: Provider): string {
  const verdict = works ? styleText('green', 'works') : styleText('red', 'does not work')
  return reason === undefined ? verdict : `${verdict}: ${reason}`
}

function describeCpu({ exactInt8, matrixProduct }: NonNullable<Diagnosis['cpu']>): [string, string][] {
  const [one, all] = [matrixProduct.oneThread.toFixed(0), matrixProduct.allThreads.toFixed(0)]
  return [
    [
      'float32 product',
      `${one} GFLOP/s on one thread, ${all} on all of them (timed once, just now: less while other programs run)`,
    ],
    ['int8 product', exactInt8 ? 'exact: 8 bits may be used' : 'sums would be cut off: 7 bits are used instead'],
  ]
}
