import { resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { UsageError } from '../../errors.js'
import { type Deletion, deleteRun, planDeletion } from '../../kept/delete.node.js'
import { bytes, plural } from '../output/numbers.js'
import { print, printAside, printJson } from '../output/print.js'
import { toType } from '../to-type.js'

export interface DeleteFlags {
  readonly yes?: true
  readonly json?: true
}

/** `onward runs delete RUN...`: nothing is deleted unless all of them can be, and somebody has said yes. */
export async function command(paths: readonly string[], { yes, json }: DeleteFlags): Promise<void> {
  const runs = [...new Map(paths.map((path) => [resolve(path), path])).values()]
  const onWait = (message: string): void => printAside(`onward: ${message}`)
  const refused = new AbortController()
  const waiting = { onWait, signal: refused.signal }
  // Side by side, for each may wait for a sign of life; the first that is refused ends the waiting of all.
  const planned = await Promise.all(runs.map((run) => planDeletion(run, waiting))).finally(() => refused.abort())
  if (!yes && !(await isConfirmed(planned))) return json ? printJson({ deleted: [] }) : print('Nothing was deleted.')
  const deleted = runs.map((run) => deleteRun(run))
  if (json) return printJson({ deleted: deleted.map(({ path, files, ...rest }) => ({ run: path, files, ...rest })) })
  for (const { path, left } of deleted)
    print(`${path} is deleted.${left.length > 0 ? ` Not Onward's and still there: ${left.join(', ')}.` : ''}`)
}

/** Asks on a terminal. Throws a UsageError where nobody can answer. */
async function isConfirmed(planned: readonly Deletion[]): Promise<boolean> {
  if (!process.stdin.isTTY) {
    const example = toType('runs', 'delete', planned[0]!.path, '--yes')
    throw new UsageError(`Nobody can be asked here whether to delete: say so with --yes, as in ${example}.`)
  }
  const lines = planned.map(({ path, files, bytes: size, left }) => {
    const rest = left.length === 0 ? '' : `; ${plural(left.length, 'other file')} or folders stay`
    return `${path}: ${plural(files.length, 'file')}, ${bytes(size)}${rest}`
  })
  const lineReader = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await lineReader.question(`${lines.join('\n')}\nDelete for good? [y/N] `)
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    lineReader.close()
  }
}
