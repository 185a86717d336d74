import type { Session, TrainEvent } from '../../../src/browser/session.js'

interface Hearer {
  hear(event: TrainEvent): Promise<void>
  /** Whether nobody asks for this training any more. */
  isLeft(): boolean
  /** The training ended with an error. */
  broke(error: Error): Promise<void>
}

/** Begins a training and hears what it tells, to its end; resolves when it has begun, or is over. */
export function begin(session: Session, paused: boolean, { hear, isLeft, broke }: Hearer): Promise<void> {
  return new Promise((resolve) => {
    const follow = async (): Promise<void> => {
      try {
        for await (const event of session.train({ paused })) {
          if (isLeft()) return
          if (event.event === 'start') resolve()
          await hear(event)
        }
      } catch (error) {
        if (!isLeft()) await broke(error as Error)
      }
    }
    void follow().finally(resolve)
  })
}
