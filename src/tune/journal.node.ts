import fs from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { UserError } from '../errors.js'
import { fileError, makeFolder, openJournal, textOf } from '../files.node.js'
import { lockFile } from '../lock.node.js'
import { type Entry, player } from './journal.js'
import type { Study } from './study.js'

/** The journal of a study, while this process alone writes it. */
export interface StudyFile {
  readonly path: string
  /** As it stands; undefined where the file was empty. */
  study(): Study | undefined
  /** Adds operations, to the disk itself, before it returns. */
  add(...entries: readonly Omit<Entry, 'worker_id'>[]): void
  close(): void
}

/**
 * Opens the journal of a study, a new one or one to go on with. What a crash left of a last line is cut off. The lock
 * has the name of the one that Optuna takes before it writes. Throws a UserError where another process has it, or where
 * the file is no such journal.
 */
export function openStudyFile(path: string): StudyFile {
  makeFolder(dirname(path))
  const lock = lockFile(path)
  try {
    const play = player()
    for (const entry of readEntries(path)) play.apply(entry)
    const journal = openJournal(path)
    const worker = `onward-${hostname()}-${process.pid}`
    return {
      path,
      study: play.study,
      add(...entries) {
        lock.checkOften()
        for (const fields of entries) {
          const { op_code, ...rest } = fields
          const entry: Entry = { op_code: op_code as number, worker_id: worker, ...rest }
          journal.add(JSON.stringify(entry))
          play.apply(entry)
        }
        journal.sync()
      },
      close() {
        journal.close()
        lock.release()
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** The study in a journal, whoever may be writing it; undefined where nothing is there yet. */
export function readStudy(path: string): Study | undefined {
  const play = player()
  for (const entry of readEntries(path)) play.apply(entry)
  return play.study()
}

/** The entries of a journal without what a crash left of a last line. Throws a UserError at a line that is no entry. */
function readEntries(path: string): Entry[] {
  let text: string
  try {
    text = fs.existsSync(path) ? textOf(fs.readFileSync(path)) : ''
  } catch (error) {
    throw fileError(`${path} could not be read`, error)
  }
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line, i) => {
    const entry = parsed(line)
    if (typeof entry?.op_code === 'number') return entry
    throw new UserError(
      `${path} is no journal of a study: line ${i + 1} is no operation. Choose another file (--study)`,
    )
  })
}

/** Python writes numbers that are none as words, which JSON does not know. */
function parsed(line: string): Entry | undefined {
  for (const text of [line, line.replaceAll(/(?<=[:[,]\s*)(?:NaN|-?Infinity)(?=\s*[,\]}])/g, 'null')])
    try {
      return JSON.parse(text)
    } catch {
      // The next one may be JSON.
    }
  return undefined
}
