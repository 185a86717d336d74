import type { PacesJob } from '../job.js'

/** One line of the figure of accuracy over time: a training job, and what the figure calls it. */
export interface CourseLine {
  readonly job: string
  readonly name: string
}

/** Who stands in the figure, CIFAR-10. */
export const COURSE: readonly CourseLine[] = [
  { job: 'cifar-10-local-heads-s-long', name: 'local heads, net S' },
  { job: 'cifar-10-local-heads-m', name: 'local heads, net M' },
  { job: 'cifar-10-local-heads-s-long-backprop', name: 'backpropagation, net S' },
  { job: 'cifar-10-channel-goodness', name: 'channel goodness' },
  { job: 'cifar-10-vae-layer-long', name: 'VAE layers' },
  { job: 'cifar-10-trifecta-long', name: 'Trifecta' },
]

export const PACES: Omit<PacesJob, 'kind'> = {
  id: 'paces-cifar-10',
  title: 'images a second of each training in the figure of accuracy over time',
  threads: 2,
  jobs: COURSE.map(({ job }) => job),
  images: 5000,
  rounds: 2,
}
