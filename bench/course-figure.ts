import { COURSE, PACES } from './jobs/course.js'
import { type Line, lineFigure } from './line-figure.js'
import { noteOf } from './notes.js'
import { finished, type Record, readRecord } from './records.js'
import { notedTable, tested } from './tables.js'
import { accuraciesByEpoch } from './training-table.js'

/** Minutes at which accuracies are read off. */
const MINUTES = [1, 2, 5, 10, 30, 60, 120]

/** What a training had reached after so many minutes of steps on the machine on which paces were measured. */
interface Reached {
  readonly minutes: number
  /** In per cent: of held-out images after an epoch, of the test images after the last one where none were held out. */
  readonly accuracy: number
}

interface Course {
  readonly name: string
  readonly reached: readonly Reached[]
  /** Why it is stale; empty where it is not. */
  readonly note: string
}

/** The course of each training that is recorded: epochs times images, by the images a second of a quiet machine. */
function courses(): Course[] {
  const paces = new Map(
    (readRecord(PACES.id)?.results ?? []).map(({ job, imagesPerSecond }) => [job, imagesPerSecond as number]),
  )
  return COURSE.flatMap(({ job, name }) => {
    const [record, pace] = [readRecord(job), paces.get(job)]
    return record && pace && finished(record).length > 0
      ? [{ name, reached: reachedBy(record, pace), note: noteOf(job) || noteOf(PACES.id) }]
      : []
  })
}

function reachedBy(record: Record, imagesPerSecond: number): Reached[] {
  const { epochs, trainingSamples, validationByEpoch } = finished(record)[0]!
  const minutes = (epoch: number): number => (epoch * (trainingSamples as number)) / imagesPerSecond / 60
  const heldOut = accuraciesByEpoch(validationByEpoch)
  if (heldOut.length > 0) return heldOut.map((accuracy, i) => ({ minutes: minutes(i + 1), accuracy: 100 * accuracy }))
  return [{ minutes: minutes(epochs as number), accuracy: 100 * tested(record)[0]! }]
}

/** What a training had reached by then; undefined before its first epoch ends. */
const reachedAfter = ({ reached }: Course, minutes: number): number | undefined =>
  reached.filter((own) => own.minutes <= minutes).at(-1)?.accuracy

/** Accuracy over the minutes of training, on CIFAR-10; undefined where nothing is recorded. */
export function courseFigure(): string | undefined {
  const lines = courses().map(
    ({ name, reached, note }): Line => ({
      name: note ? `${name} (stale)` : name,
      points: reached.map(({ minutes, accuracy }) => ({ x: minutes, values: [accuracy] })),
    }),
  )
  if (lines.length === 0) return undefined
  return lineFigure(lines, {
    title: 'CIFAR-10, two cores',
    xTitle: 'minutes of steps',
    yTitle: 'accuracy, %',
    ticks: MINUTES,
  })
}

/** What each training had reached after so many minutes, and at its end. */
export function courseTable(): string {
  const rows = courses().map((course) => {
    const end = course.reached.at(-1)!
    return [
      course.name,
      ...MINUTES.map((own) => (own <= end.minutes ? (reachedAfter(course, own)?.toFixed(1) ?? '') : '')),
      `${end.accuracy.toFixed(1)} after ${end.minutes.toFixed(0)}`,
      course.note,
    ]
  })
  return notedTable(['accuracy, %, after minutes', ...MINUTES.map((minutes) => `${minutes}`), 'at its end'], rows)
}
