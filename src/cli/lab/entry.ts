import { type CommandEntry, flag, JSON_FLAG, wholeNumber } from '../command-flags.js'

export const labCommand = (): CommandEntry => ({
  name: 'lab',
  does: 'open the lab: see a network learn, in a page that this machine serves',
  takes: {},
  flags: [
    flag('--port <n>', 'the port; default: a free one').argParser(wholeNumber('--port', 0)),
    flag('--host <address>', 'the address to listen on; others than this machine can then open it').default(
      '127.0.0.1',
    ),
    flag('--no-open', 'do not open a browser'),
    flag('--data-dir <dir>', 'the folder that holds the files of data sets; default: ONWARD_DATA, then the cache'),
    flag('--runs <dir>', 'the folder whose runs the page can open').default('runs'),
    JSON_FLAG,
  ],
  load: () => import('./command.js'),
})
