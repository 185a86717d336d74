const memory = 'src/distributed/memory.ts'
const message = 'src/distributed/message.ts'
const stream = 'src/distributed/nats/stream.node.ts'
const publish = 'src/distributed/nats/publish.node.ts'
const objects = 'src/distributed/nats/objects.node.ts'
const values = 'src/distributed/nats/values.node.ts'
const configuration = 'src/distributed/server/configuration.ts'
const exposure = 'src/distributed/server/exposure.node.ts'

const own = { tests: 'distributed/transport' }
const codec = { tests: 'distributed/message' }
const server = { tests: 'distributed/server' }
const nats = { tests: 'broker/contract' }
const hostile = { tests: 'broker/hostile' }

export default [
  {
    what: 'a purge below the first message removes all',
    file: stream,
    find: '      if (below <= 1) return\n',
    replace: '',
    ...nats,
    names: 'below the first message',
  },
  {
    what: 'a value is changed whatever its revision',
    file: memory,
    find: 'if (revision !== expected)',
    replace: 'if (revision < expected)',
    ...own,
    names: 'compare-and-set',
  },
  {
    what: 'the fence is open',
    file: memory,
    find: 'after !== undefined && after !== last',
    replace: 'after !== undefined && after > last',
    ...own,
    names: 'fence',
  },
  {
    what: 'a reader gets the memory of the store',
    file: memory,
    find: 'messages.push({ subject, sequence, headers, payload: payload.slice() })',
    replace: 'messages.push({ subject, sequence, headers, payload })',
    ...own,
    names: 'as it was sent',
  },
  {
    what: 'numbers that are not finite pass',
    file: message,
    find: 'if (finite && ',
    replace: 'if (!finite && ',
    ...codec,
    names: 'refused, with the reason',
  },
  {
    what: 'damage passes',
    file: message,
    find: 'if (headers[CRC] !== crc)',
    replace: "if (headers[CRC] === '')",
    ...codec,
    names: 'nothing but a refusal',
  },
  {
    what: 'a tensor may be missing',
    file: message,
    find: 'if (!(name in decoded)) fail',
    replace: "if (name === '') fail",
    ...codec,
    names: 'refused, with the reason',
  },
  {
    what: 'an old server may listen to all',
    file: exposure,
    find: 'open.length > 0 && isOlder',
    replace: 'open.length > 1 && isOlder',
    ...server,
    names: 'opened to nobody',
  },
  {
    what: 'a payload is a view of what was received',
    file: stream,
    find: 'payload: new Uint8Array(message.data),',
    replace: 'payload: message.data,',
    ...nats,
    names: 'any array of numbers can view',
  },
  {
    what: 'no last sequence is expected',
    file: publish,
    find: '...(after !== undefined && { expect: { lastSubjectSequence: after } }),',
    replace: '',
    ...nats,
    names: 'fence',
  },
  {
    what: 'a full subject forgets its oldest message',
    file: stream,
    find: 'discard_new_per_subject: true',
    replace: 'discard_new_per_subject: false',
    ...nats,
    names: 'full subject',
  },
  {
    what: 'what was read and is lost is waited for',
    file: stream,
    find: 'if (after > state.last_seq) throw',
    replace: 'if (after < 0) throw',
    ...nats,
    names: 'read are lost',
  },
  {
    what: 'the last chunk of an object is left out',
    file: objects,
    find: 'chunk < info.chunks; chunk++',
    replace: 'chunk + 1 < info.chunks; chunk++',
    ...nats,
    names: 'object is there whole',
  },
  {
    what: 'a value that is ours after a lost answer is taken for that of another',
    file: values,
    find: 'error instanceof ConflictError && attempts > 0',
    replace: 'error instanceof ConflictError && attempts > 1e9',
    ...nats,
    names: 'answer is lost',
  },
  {
    what: 'all subjects of the run are imported by each client',
    file: configuration,
    find: '...rights.send.map((subject)',
    replace: '...offered.send.map((subject)',
    ...server,
    names: 'account of its own',
  },
  {
    what: 'headers may replace the messages of others',
    file: stream,
    find: 'allow_rollup_hdrs: false',
    replace: 'allow_rollup_hdrs: true',
    ...hostile,
    names: 'take the place',
  },
  {
    what: 'headers that nobody can read end the reader',
    file: stream,
    find: '    return {}\n',
    replace: "    throw new Error('unreadable')\n",
    ...hostile,
    names: 'take the place',
  },
  {
    what: 'a run that is to end waits for a server that was paused',
    file: 'src/distributed/server/kept-up.node.ts',
    find: "=== 'silence' && !over.aborted) replace()",
    replace: "=== 'silence' && over.aborted) replace()",
    tests: 'system/silent-server',
    names: 'whose server was paused',
  },
]
