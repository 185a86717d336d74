import fs from 'node:fs'
import { join } from 'node:path'
import type { PngPicture } from '../data/png-picture.js'
import { type Files, fileError, type Journal, openJournal, replaceFile, textOf } from '../files.node.js'
import type { Values } from '../options/index.js'
import type { TrainEvent } from '../train/events.js'
import type { LogFormat } from '../train/log-formats.js'
import { CSV_HEAD, csvUntil, rowsOf } from './csv.js'
import { fileHead, pictureRecords, recordsOf } from './tensorboard.js'

/** Logs in the folder of a run. Throw a UserError where they cannot be written. */
export interface Logs {
  add(event: TrainEvent): void
  /** Takes pictures at the end; they are drawn only where a log shows some. */
  addPictures(draw: () => Promise<readonly PngPicture[]>, step: number): Promise<void>
  close(): void
}

interface Log {
  add(event: TrainEvent, time: Date): void
  addPictures?(pictures: readonly PngPicture[], step: number, time: Date): void
  close(): void
}

/** Opens the logs of a run; `settings` are the run's. What is there of a training that goes on stays. */
export function openLogs(folder: string, formats: readonly LogFormat[], settings: Values, files: Files = fs): Logs {
  const open: Record<LogFormat, () => Log> = {
    tensorboard: () => tensorboardLog(folder, settings, files),
    csv: () => csvLog(folder, files),
  }
  const logs = formats.map((format) => open[format]())
  return {
    add(event) {
      const time = new Date()
      for (const log of logs) log.add(event, time)
    },
    async addPictures(draw, step) {
      if (!logs.some((log) => log.addPictures)) return
      const pictures = await draw()
      for (const log of logs) log.addPictures?.(pictures, step, new Date())
    },
    close() {
      for (const log of logs) log.close()
    },
  }
}

/** A new event file: TensorBoard reads all of a folder, in the order of their names. */
function tensorboardLog(folder: string, settings: Values, files: Files): Log {
  // A clock that was set back must not put it before what is there.
  const there = fs
    .readdirSync(folder)
    .map((name) => Number(/^events\.out\.tfevents\.(\d+)\.onward$/.exec(name)?.[1] ?? 0))
  const seconds = Math.max(Math.floor(Date.now() / 1000), ...there.map((at) => at + 1))
  const path = join(folder, `events.out.tfevents.${seconds}.onward`)
  let file: number | undefined
  const write = (records: readonly Uint8Array[]): void => {
    try {
      file ??= files.openSync(path, 'a')
      for (const bytes of records)
        for (let done = 0; done < bytes.length; ) done += files.writeSync(file, bytes, done, bytes.length - done)
    } catch (error) {
      throw fileError(`${path} could not be written`, error)
    }
  }
  const at = (time: Date): number => time.getTime() / 1000
  return {
    add(event, time) {
      const records = recordsOf(event, settings, at(time))
      if (records.length > 0) write(file === undefined ? [fileHead(at(time)), ...records] : records)
    },
    addPictures: (pictures, step, time) => write(pictureRecords(pictures, step, at(time))),
    close() {
      if (file !== undefined) files.closeSync(file)
    },
  }
}

function csvLog(folder: string, files: Files): Log {
  const path = join(folder, 'metrics.csv')
  let journal: Journal | undefined
  const begin = (from: number): Journal => {
    const before = fs.existsSync(path) ? textOf(fs.readFileSync(path)) : `${CSV_HEAD}\n`
    replaceFile(path, new TextEncoder().encode(csvUntil(before, from)), { files })
    return openJournal(path, files)
  }
  return {
    add(event, time) {
      if (event.event === 'start') {
        journal?.close()
        journal = begin(event.resumedAt ?? -1)
      }
      for (const row of rowsOf(event, time.toISOString())) journal?.add(row)
    },
    close: () => journal?.close(),
  }
}
