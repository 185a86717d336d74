import type { MemoryJob } from '../job.js'

const covariance = (window: number): Omit<MemoryJob, 'kind'> => ({
  id: `memory-covariance-goodness-window-${window}`,
  title: `covariance goodness, 8 layers, ${window === 1 ? 'each alone' : window === 8 ? 'one group' : `groups of ${window}`}`,
  ...{ arm: `covariance-goodness@depth-8:window=${window}`, data: 'cifar-10', depth: 8 },
})

export const MEMORY: readonly Omit<MemoryJob, 'kind'>[] = [
  { id: 'memory-local-heads-m', title: 'local heads, net M', arm: 'local-heads@m', data: 'cifar-10', depth: 6 },
  {
    id: 'memory-local-heads-m-backprop',
    title: 'backpropagation through net M itself, with one head',
    arm: 'local-heads@m:heads=last,window=6,readOut=1,until=',
    ...{ data: 'cifar-10', depth: 6, isBackprop: true },
  },
  ...[1, 2, 4, 8].map(covariance),
]
