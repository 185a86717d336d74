import { Option as Flag } from 'commander'
import { type CommandEntry, flag, trainFlags, wholeNumber } from '../../command-flags.js'
import { named } from '../../to-type.js'

/** `onward up`: what trains over several workers or clients, started as a whole on this machine. */
export const upCommand = (): CommandEntry => ({
  name: 'up',
  does: 'train over several workers or machines: starts all that is needed',
  takes: {},
  flags: [],
  commands: [pipeline()],
  load: () => Promise.reject(new Error('up has commands of its own')),
})

const pipeline = (): CommandEntry => ({
  name: 'pipeline',
  does: 'train the layers of one network on workers of their own',
  takes: { '[rule]': `a rule whose layers learn by themselves, which ${named('certify')} tells, or a file of one` },
  flags: [
    flag('--workers <n>', 'workers; default: as many as the rule can be cut into, at most 4').argParser(
      wholeNumber('--workers', 1),
    ),
    new Flag(
      '--mode <mode>',
      'activations: each worker trains its own layers and hands up what they make; weights: a layer each, by chapters ' +
        'of an epoch, and weights travel; all-layers: every worker trains all layers, a chapter each',
    )
      .choices(['activations', 'weights', 'all-layers'])
      .default('activations'),
    new Flag('--engine <engine>', 'nats: processes that a NATS server connects; memory: all in this process')
      .choices(['nats', 'memory'])
      .default('nats'),
    ...trainFlags({ alone: false }),
  ],
  load: () => import('./pipeline.js'),
})
