import { createStore, del, get, set } from 'idb-keyval'
import type { GivenDataSet } from '../../src/data/index.js'
import { sortedByClass } from './pictures/classes.js'
import type { Made, PickedFile } from './pictures/order.js'
import { OWN_DATA } from './state/experiment.js'

/** Sides of pictures, in pixels. */
export const SIZES = [16, 28, 32, 48, 64]
/** Numbers of a whole data set. */
const MOST_BYTES = 256 * 2 ** 20

const store = () => createStore('onward-lab-pictures', 'pictures')
type Answer = { readonly done: number } | { readonly made: Made }

/** Pictures of somebody's own as a data set: they stay in this browser, and in its store only if that is asked for. */
export function createPictures(changed: () => void) {
  let files = $state.raw<readonly PickedFile[]>([])
  let data = $state.raw<GivenDataSet | undefined>()
  let problems = $state.raw<readonly string[]>([])
  /** How many are read, of how many, while they are. */
  let reading = $state.raw<{ readonly done: number; readonly of: number } | undefined>()
  let size = $state(28)
  let colour = $state(false)
  let isKept = $state(false)
  let worker: Worker | undefined

  const show = (next: GivenDataSet | undefined): void => {
    data = next
    changed()
  }
  const known = get<GivenDataSet>('own', store())
    .then((kept) => {
      if (!kept || data) return
      isKept = true
      show(kept)
    })
    .catch(() => undefined)

  async function make(): Promise<void> {
    worker?.terminate()
    reading = undefined
    if (files.length === 0) return
    try {
      const { classes, problems: left } = sortedByClass(files)
      const of = classes.reduce((sum, { pictures }) => sum + pictures.length, 0)
      if (of * size * size * (colour ? 3 : 1) > MOST_BYTES)
        throw new Error(`${of} pictures of this size are more than a page can hold: choose a smaller size, or fewer.`)
      reading = { done: 0, of }
      const own = new Worker(new URL('pictures.js', document.baseURI))
      worker = own
      const made = await new Promise<Made>((resolve, reject) => {
        own.onmessage = ({ data: answer }: MessageEvent<Answer>) => {
          if ('made' in answer) resolve(answer.made)
          else reading = { done: answer.done, of }
        }
        own.onerror = () => reject(new Error('The pictures could not be read: choose fewer, or a smaller size.'))
        own.postMessage({ classes, size, colour })
      })
      own.terminate()
      const { shape, train, test, problems: unread } = made
      problems = [...left, ...unread]
      if (train.count < 2 || new Set(train.targets).size < 2)
        throw new Error('Fewer than two classes have pictures that can be read: nothing can be told apart.')
      const names = classes.map(({ name }) => name)
      const input = { shape, levels: 256 }
      show({ name: OWN_DATA, input, target: { kind: 'class', count: names.length }, names, train, test })
      if (isKept) await keep(true)
    } catch (error) {
      problems = [(error as Error).message]
    }
    reading = undefined
  }

  async function keep(wanted: boolean): Promise<void> {
    try {
      if (wanted) await set('own', $state.snapshot(data), store())
      else await del('own', store())
      isKept = wanted
    } catch {
      isKept = false
      problems = [...problems, 'This browser’s store is full or closed: the pictures are not kept.']
    }
  }

  return {
    /** Resolves when it is known whether some are kept. */
    known,
    get data() {
      return data
    },
    get problems() {
      return problems
    },
    get reading() {
      return reading
    },
    get size() {
      return size
    },
    get colour() {
      return colour
    },
    get isKept() {
      return isKept
    },
    /** Whether their size can be changed: what is kept has its size. */
    get isFresh() {
      return files.length > 0
    },
    async take(next: readonly PickedFile[]): Promise<void> {
      files = next
      await make()
    },
    async shape(next: { readonly size?: number; readonly colour?: boolean }): Promise<void> {
      size = next.size ?? size
      colour = next.colour ?? colour
      await make()
    },
    keep,
  }
}

export type Pictures = ReturnType<typeof createPictures>
