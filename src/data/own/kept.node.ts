import { existsSync } from 'node:fs'
import { UsageError, UserError } from '../../errors.js'
import type { DataSet } from '../dataset.js'
import { type DataOptions, loadData } from './own.node.js'
import type { KeptData, Provenance } from './provenance.js'

/**
 * Reads the data of a run again: one's own from where they were, or from `path` if they have moved. Throws a UserError
 * where they are not there, or are other data.
 */
export async function loadKept(
  run: string,
  { data, own, fingerprint }: KeptData,
  path: string | undefined,
  options: DataOptions = {},
): Promise<DataSet> {
  const where = own ? (path ?? own.path) : data
  if (own && !existsSync(where))
    throw new UsageError(
      path === undefined
        ? `the data of the run in ${run} were at ${where}, and nothing is there now: name where they are (--data PATH).`
        : `There is no file or folder ${where}, which is to hold the data of the run in ${run}.`,
    )
  const loaded = await loadData(where, own ? { ...options, ...own.options, name: data } : options)
  checkSameData(run, { data, own, fingerprint }, loaded)
  return loaded
}

/** Throws a UserError unless these are the data that a run was trained on, where its settings tell their fingerprint. */
export function checkSameData(run: string, { own, fingerprint }: KeptData, now: DataSet): void {
  if (fingerprint === undefined || now.fingerprint === fingerprint) return
  const where = now.own?.path ?? now.name
  throw new UserError(`${where} is not what the run in ${run} was trained on: ${difference(now, own, fingerprint)}.`)
}

/** What differs, in words: counts of samples, or else the content. Names and shapes are told by the checkpoint. */
function difference(now: DataSet, own: Provenance | undefined, fingerprint: string): string {
  const counts = { train: now.train.count, test: now.test.count }
  if (own && (own.counts.train !== counts.train || own.counts.test !== counts.test))
    return (
      `it has ${counts.train} samples to train and ${counts.test} to test now, ` +
      `${own.counts.train} and ${own.counts.test} then`
    )
  const moved = now.names.findIndex((_, i) => own?.perName && own.perName[i] !== now.own?.perName?.[i])
  if (own?.perName && (moved >= 0 || own.perName.length !== now.names.length))
    return moved >= 0
      ? `its samples of ${now.names[moved]} are ${now.own!.perName![moved]} now, ${own.perName[moved] ?? 0} then`
      : `it has ${now.names.length} classes now, ${own.perName.length} then`
  return (
    'as many samples, but other content ' +
    `(SHA-256 ${now.fingerprint?.slice(0, 12)}... now, ${fingerprint.slice(0, 12)}... then)`
  )
}
