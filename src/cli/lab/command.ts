import { fileURLToPath } from 'node:url'
import { UserError } from '../../errors.js'
import { ownFile } from '../../own-files.node.js'
import { EXIT } from '../failure.js'
import { print, printJson } from '../output/print.js'
import { offersHere } from './offers.js'
import { openBrowser } from './open-browser.js'
import { serveLab } from './server.js'

export interface LabFlags {
  readonly port?: number
  readonly host: string
  readonly open: boolean
  readonly dataDir?: string
  readonly runs: string
  readonly json?: true
}

/** `onward lab`: serves the page until it is interrupted. */
export async function command({ port = 0, host, open, dataDir, runs, json }: LabFlags): Promise<number> {
  const server = await serveLab({ ...labFolders(), host, port, offers: offersHere({ dataDir, runs }) })
  if (json) printJson({ url: server.url })
  else print(`The lab is at ${server.url} until this ends (Ctrl-C).`, ...warningOf(host))
  if (open && !openBrowser(server.url) && !json) print('No browser was opened: open that address in one.')
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  await server.close()
  return EXIT.done
}

const warningOf = (host: string): string[] =>
  ['127.0.0.1', '::1', 'localhost'].includes(host)
    ? []
    : ['Whoever reaches this machine can open it, with the data sets and runs that it offers.']

/** Where the page and the files of ONNX Runtime are. Throws a UserError where the page was not built. */
function labFolders(): { page: string; runtime: string } {
  try {
    const page = fileURLToPath(new URL('.', ownFile('../../lab/index.html', import.meta.url, 'lab')))
    const runtime = fileURLToPath(new URL('../dist/', import.meta.resolve('onnxruntime-web/wasm')))
    return { page, runtime }
  } catch (cause) {
    throw new UserError('The lab was not built: run `npm run build` in the folder of onward.', { cause })
  }
}
