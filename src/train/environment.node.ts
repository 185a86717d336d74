import { execFileSync } from 'node:child_process'
import os from 'node:os'
import { basename } from 'node:path'
import { engineVersion, packageVersion } from '../own-files.node.js'

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
}

export const environment = (): Environment => ({
  onward: packageVersion(),
  node: process.versions.node,
  onnxruntime: engineVersion(),
  system: `${os.platform()} ${os.release()} ${os.arch()}`,
  processor: os.cpus()[0]?.model.trim() ?? 'unknown',
  threads: os.availableParallelism(),
  memoryBytes: os.totalmem(),
})

/** When and by what a run was started. */
export interface Occasion {
  readonly date: string
  /** The commit of the working directory, if it is a git repository's. */
  readonly commit?: string
  /** The command line: the program without its folder, and its arguments. */
  readonly command: readonly string[]
}

export function occasion(): Occasion {
  const [, program = '', ...given] = process.argv
  const commit = headOf(process.cwd())
  const command = [basename(program), ...given]
  return { date: new Date().toISOString(), ...(commit !== undefined && { commit }), command }
}

function headOf(folder: string): string | undefined {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: folder, encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return undefined
  }
}
