import { BlockList, isIP } from 'node:net'
import { UsageError } from '../../errors.js'
import { isOlder } from './find.node.js'

/** How far a broker can be reached. */
export interface Exposure {
  /** The address that it listens on: `127.0.0.1` by default. */
  readonly host: string
  readonly tls: boolean
  readonly websocket: boolean
  readonly leafnodes: boolean
}

/** The first without the known ways in for somebody without credentials: CVE-2026-27889, CVE-2026-27571, advisories 2026-16 and -18. */
const SAFE = '2.12.7'

const near = new BlockList()
for (const [net, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const)
  near.addSubnet(net, bits, 'ipv4')
near.addAddress('::1', 'ipv6')
near.addSubnet('fc00::', 7, 'ipv6')
near.addSubnet('fe80::', 10, 'ipv6')

/** Whether an address is of this machine or of a private network. All addresses together (0.0.0.0) are not. */
export const isNear = (host: string): boolean =>
  host === 'localhost' || near.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4')

/** Throws a `UsageError` where a broker of this version would be open to attacks that are known, or talk in the clear. */
export function checkExposure(version: string, { host, tls, websocket, leafnodes }: Exposure): void {
  if (host !== 'localhost' && isIP(host) === 0)
    throw new UsageError(`the broker listens on an address, not on ${JSON.stringify(host)}: give one of this machine's`)
  const open = [
    ...(isNear(host) ? [] : [`listening on ${host}`]),
    ...(websocket ? ['WebSocket'] : []),
    ...(leafnodes ? ['leaf nodes'] : []),
  ]
  if (open.length > 0 && isOlder(version, SAFE))
    throw new UsageError(
      `${open.join(' and ')} is refused with nats-server ${version}: before ${SAFE} strangers could crash it or come in ` +
        `(CVE-2026-27889, CVE-2026-27571); install the newest one, or listen on 127.0.0.1 or in a private network`,
    )
  if (!isNear(host) && !tls)
    throw new UsageError(`listening on ${host} is refused without TLS: give a certificate and its key`)
}
