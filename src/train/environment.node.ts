import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What a run was computed with; nothing in it names a person or a place. */
export interface Environment {
  readonly onward: string
  readonly node: string
  readonly onnxruntime: string
  readonly system: string
  readonly processor: string
  /** What the operating system lets this process run at once. */
  readonly threads: number
  readonly memoryBytes: number
  /** Instructions for 8-bit products that this processor has: of vnni, amx; undefined where that cannot be found out. */
  readonly eightBit?: readonly string[]
}

export function environment(): Environment {
  const eightBit = eightBitInstructions()
  return {
    onward: packageVersion(),
    node: process.versions.node,
    onnxruntime: engineVersion(),
    system: `${platform()} ${release()} ${arch()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    threads: availableParallelism(),
    memoryBytes: totalmem(),
    ...(eightBit && { eightBit }),
  }
}

/**
 * Levels of 8-bit weights: 127, or 63 on x86 processors that are not known to have VNNI, where the sums of two products
 * are cut at 16 bits.
 */
export const eightBitLevels = (): 127 | 63 => (arch() !== 'x64' || eightBitInstructions()?.includes('vnni') ? 127 : 63)

function eightBitInstructions(): string[] | undefined {
  if (arch() !== 'x64' || platform() !== 'linux') return undefined
  const flags =
    readFileSync('/proc/cpuinfo', 'utf8')
      .match(/^flags\s*:(.*)$/m)?.[1]
      ?.split(' ') ?? []
  return [
    ...(flags.some((flag) => flag === 'avx512_vnni' || flag === 'avx_vnni') ? ['vnni'] : []),
    ...(flags.includes('amx_int8') ? ['amx'] : []),
  ]
}

/** The version of this package: of the nearest package.json above this file. */
function packageVersion(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const path = join(folder, 'package.json')
    if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')).version
    if (folder === dirname(folder)) return 'unknown'
  }
}

const engineVersion = (): string => createRequire(import.meta.url)('onnxruntime-node/package.json').version
