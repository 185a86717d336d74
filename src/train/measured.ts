import type { MeasuringEvent } from './events.js'

/** Does `work`, which yields how many samples are done, and tells of it; ends with what it ends with. */
export async function* measured<T>(
  what: MeasuringEvent['what'],
  of: number,
  work: AsyncGenerator<number, T>,
): AsyncGenerator<MeasuringEvent, T> {
  for (let done = 0; ; ) {
    yield { event: 'measuring', what, done, of }
    const next = await work.next()
    if (next.done) return next.value
    done = next.value
  }
}
