import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { UserError } from '../../errors.js'

export interface ServerProgram {
  readonly path: string
  /** As `2.9.10`. */
  readonly version: string
}

/** Older ones lack the limits of a subject, or direct reads. */
const OLDEST = '2.9.0'

/**
 * The program `nats-server`: the one that `NATS_SERVER` names, else one on the path or where Debian puts it. Throws a
 * `UserError` that says how to get one.
 */
export async function findServer(
  env: NodeJS.ProcessEnv = process.env,
  beside: readonly string[] = ['/usr/sbin', '/usr/local/sbin'],
): Promise<ServerProgram> {
  const file = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server'
  const folders = [...(env.PATH ?? '').split(delimiter).filter(Boolean), ...beside]
  const path = env.NATS_SERVER ?? folders.map((folder) => join(folder, file)).find((candidate) => existsSync(candidate))
  if (path === undefined) throw new UserError(`no nats-server was found: ${howToGet()}`)
  const said = await promisify(execFile)(path, ['--version']).catch((error: Error) => error)
  const version = 'stdout' in said ? /v(\d+\.\d+\.\d+)/.exec(said.stdout)?.[1] : undefined
  if (version === undefined)
    throw new UserError(`${path} is no nats-server that runs here: correct NATS_SERVER, or ${howToGet()}`, {
      cause: said,
    })
  if (isOlder(version, OLDEST))
    throw new UserError(`${path} is nats-server ${version}, and it takes ${OLDEST} or later: ${howToGet()}`)
  return { path, version }
}

/** One line for this platform. */
function howToGet(): string {
  const archive = 'take it from https://github.com/nats-io/nats-server/releases and name it in NATS_SERVER'
  if (process.platform === 'darwin') return `brew install nats-server, or ${archive}`
  if (existsSync('/usr/bin/apt-get')) return `sudo apt-get install nats-server, or ${archive}`
  if (existsSync('/usr/bin/docker')) return `docker cp $(docker create nats):/nats-server ., and name it in NATS_SERVER`
  return archive
}

/** Whether a version comes before another one. */
export function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((one) => one.split('.').map(Number)) as [number[], number[]]
  const at = a.findIndex((part, i) => part !== b[i])
  return at >= 0 && a[at]! < b[at]!
}
