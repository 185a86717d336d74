import { createServer } from 'node:net'

/** Where a NATS server listens unless it is told otherwise. */
const USUAL = 4222

/** That port where nobody listens on it at this address, so that others need not be told; else undefined. */
export const usualPort = (host: string, port = USUAL): Promise<number | undefined> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(undefined))
    probe.listen(port, host, () => probe.close(() => resolve(port)))
  })

/** The port that a server listens on. */
export const portOf = ({ url }: { readonly url: string }): number => Number(/:(\d+)$/.exec(url)![1])
