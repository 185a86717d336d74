import { Option as Flag } from 'commander'
import { federatedOptions } from '../../../distributed/federated/options.js'
import { optionTable } from '../../../options/index.js'
import { type CommandEntry, flag, trainFlags, wholeNumber } from '../../command-flags.js'
import { named } from '../../to-type.js'
import { flagsOf } from '../../train/flags.js'

/** `onward up`: what trains over several workers or clients, started as a whole on this machine. */
export const upCommand = (): CommandEntry => ({
  name: 'up',
  does: 'train over several workers or machines: starts all that is needed',
  takes: {},
  flags: [],
  commands: [pipeline(), federated()],
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
      'default: activations: each worker trains its own layers and hands up what they make; weights: a layer each, by chapters ' +
        'of an epoch, and weights travel; all-layers: every worker trains all layers, a chapter each',
    ).choices(['activations', 'weights', 'all-layers']),
    new Flag(
      '--engine <engine>',
      'nats: processes that a NATS server connects; memory: all in this process; default: nats',
    ).choices(['nats', 'memory']),
    flag('--listen <address>', "nats: the address for workers on other machines; default: this machine's own alone"),
    portFlag(),
    flag('--local <n>', 'nats: the workers that are started here, from below; the others join').argParser(
      wholeNumber('--local', 0),
    ),
    waitFlag('workers who are not there; default: without end'),
    ...trainFlags({ alone: false }),
  ],
  load: () => import('./pipeline.js'),
})

const portFlag = (): Flag =>
  flag('--port <n>', 'nats: the port; default: one that is free').argParser(wholeNumber('--port', 1, 65_535))

const waitFlag = (whom: string): Flag =>
  flag('--wait <seconds>', `the most seconds to wait for ${whom}`).argParser(wholeNumber('--wait', 0))

/** `onward join`: a worker or a client on another machine. */
export const joinCommand = (): CommandEntry => ({
  name: 'join',
  does: 'work for a pipeline or a federation that was started on another machine',
  takes: { '<url>': 'where its server is, as onward up says: nats://HOST:PORT' },
  flags: [
    flag('--credentials <file>', 'a copy of the file that onward up wrote beside the run'),
    flag('--stage <n>', 'which stage, from 1; default: the highest that nobody works on').argParser(
      wholeNumber('--stage', 1),
    ),
    flag('--rule <file>', "the file of its rule, where that is none of Onward's; the code in it runs"),
    flag(
      '--data <name>',
      'stage 1: the data set, or where your own are, default: the one of the run; a client: where its own are',
    ),
    waitFlag('a server, and a run that is free there; default: 60'),
    flag('--store <dir>', 'a client: where it keeps what it needs to go on; default: onward-ID'),
    flag('--data-dir <dir>', 'stage 1: the folder that holds the files of the data set'),
  ],
  load: () => import('../join.js'),
})

const federated = (): CommandEntry => ({
  name: 'federated',
  does: 'train one network over clients, each on data that never leave it',
  takes: { '[rule]': `a learning rule, which ${named('rules')} lists, or a file that exports one` },
  flags: [
    ...flagsOf(optionTable(federatedOptions)).map((own) => own.helpGroup('Federation:')),
    flag('--layerwise', 'one layer a round, those below it frozen: the schedule greedy').helpGroup('Federation:'),
    flag('--clients-from <folder>', "a folder whose folders hold a client's own data each").helpGroup('Federation:'),
    flag('--parties <names>', 'clients that join from elsewhere, each with data of its own: a,b,c').helpGroup(
      'Federation:',
    ),
    flag('--listen <address>', "nats: the address for clients on other machines; default: this machine's own alone"),
    portFlag(),
    waitFlag('clients that a round cannot begin without; default: without end'),
    new Flag(
      '--engine <engine>',
      'nats: processes that a NATS server connects; memory: all in this process; default: nats',
    ).choices(['nats', 'memory']),
    ...trainFlags({ alone: false }).filter(({ long }) => !['--epochs', '--layer', '--patience'].includes(long ?? '')),
  ],
  load: () => import('./federated.js'),
})
