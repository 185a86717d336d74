import type { Session } from '../../../src/browser/session.js'

const isOnCard = ({ about }: Session): boolean => about.device === 'webgpu'

/** Says which trainings go on after they were lost. */
export function openRescue() {
  let last = -1

  return {
    /**
     * Whether a training ended because its worker or its graphics card was lost. Without a step since the last time it
     * would be lost for ever.
     */
    helps(broken: Session, step: number): boolean {
      if ((broken.state !== 'lost' && !isOnCard(broken)) || last === step) return false
      last = step
      return true
    },
  }
}

export const rescuedNote = (broken: Session): string =>
  isOnCard(broken)
    ? 'The graphics card was lost. The training goes on from its last checkpoint, on the processor.'
    : 'The worker that trained was lost. The training goes on from its last checkpoint.'
