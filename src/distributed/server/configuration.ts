import type { Rights } from '../rights.js'

/** What the file of a broker says. Sizes are in bytes. */
export interface Configuration {
  readonly host: string
  /** -1: any that is free. */
  readonly port: number
  readonly folder: string
  /** The public keys of those who are trusted. */
  readonly workers: readonly string[]
  /** What the run offers to clients; each has rights to a part of it. */
  readonly offered: Rights
  readonly clients: readonly { readonly id: string; readonly key: string; readonly rights: Rights }[]
  /** Undefined: no bound but those of the streams. */
  readonly mostStored: number | undefined
  readonly mostMessage: number
  readonly tls?: { readonly certificate: string; readonly key: string } | undefined
  /** Every message reaches the disk before it counts as stored, where the version can. */
  readonly synced: boolean
}

const INBOX = '_INBOX.>'

/**
 * The text of the file. The run has an account, and so has each client. Rights to publish would not be enough: a message
 * may name any subject for its answer, and the server answers with its own rights. So a client in the run's account could
 * write to another's slot, change values or purge streams by asking for answers there. In an account of its own, answers
 * stay within it; what it may send to the run is imported, subject by subject.
 */
export function configurationOf(given: Configuration): string {
  const { host, port, folder, workers, offered, clients, mostStored, mostMessage, tls } = given
  const account = (subject: string): string => `{ account: RUN, subject: ${quoted(subject)} }`
  return `# Written by Onward. The keys here are public ones.
server_name: onward
listen: ${quoted(`${host.includes(':') ? `[${host}]` : host}:${port}`)}
ports_file_dir: ${quoted(folder)}
max_payload: ${mostMessage}
max_connections: ${64 + 4 * (workers.length + clients.length)}
max_subscriptions: 1000
ping_interval: "30s"
ping_max: 2
${tls ? `tls { cert_file: ${quoted(tls.certificate)}, key_file: ${quoted(tls.key)} }\n` : ''}\
jetstream {
  store_dir: ${quoted(`${folder}/store`)}
  max_memory_store: ${2 ** 26}
  max_file_store: ${mostStored ?? 2 ** 60}
${given.synced ? '  sync_interval: always\n' : ''}\
}
accounts {
  RUN {
    jetstream: ${mostStored === undefined ? 'enabled' : `{ max_memory: ${2 ** 26}, max_file: ${mostStored} }`}
    users: [
${lines(workers.map((key) => `{ nkey: ${key} }`))}
    ]
    exports: [
${lines([...offered.send.map((subject) => `{ service: ${quoted(subject)} }`), ...offered.hear.map((subject) => `{ stream: ${quoted(subject)} }`)])}
    ]
  }
${clients
  .map(
    ({ id, key, rights }) => `  CLIENT_${id} {
    users: [
      { nkey: ${key}, permissions: { publish: ${list(rights.send)}, subscribe: ${list([INBOX, ...rights.hear])} } }
    ]
    imports: [
${lines([...rights.send.map((subject) => `{ service: ${account(subject)} }`), ...rights.hear.map((subject) => `{ stream: ${account(subject)} }`)])}
    ]
  }
`,
  )
  .join('')}}
`
}

const quoted = (text: string): string => JSON.stringify(text)
const list = (texts: readonly string[]): string => `[${texts.map(quoted).join(', ')}]`
const lines = (entries: readonly string[]): string => entries.map((entry) => `      ${entry}`).join('\n')
