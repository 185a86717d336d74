import { UserError } from '../errors.js'

/** `fetch` by way of the proxy that the environment names, if any. */
export interface Web {
  readonly fetch: typeof fetch
  /** "; HTTPS_PROXY names the proxy HOST:PORT", for messages, without a password; empty where there is none. */
  readonly proxy: string
}

/**
 * The proxies of the environment, as other programs read them: `HTTPS_PROXY`, `HTTP_PROXY` (for both, where it is alone)
 * and `ALL_PROXY`, in small letters or capitals, with or without `http://`, with a name and a password in them, and
 * `NO_PROXY`. Node 20 takes no notice of any. Throws a UserError for one that is no address, or is of another kind.
 */
export async function web(url: string, environment: NodeJS.ProcessEnv = process.env): Promise<Web> {
  const named = (...names: string[]): Proxy | undefined => {
    const key = names.flatMap((name) => [name.toLowerCase(), name]).find((name) => environment[name]?.trim())
    return key === undefined ? undefined : { key, address: environment[key]!.trim() }
  }
  const used = named(url.startsWith('https:') ? 'HTTPS_PROXY' : 'HTTP_PROXY', 'ALL_PROXY', 'HTTP_PROXY')
  if (!used) return { fetch, proxy: '' }
  const address = checked(used)
  const { EnvHttpProxyAgent, fetch: proxied } = await undici()
  const noProxy = named('NO_PROXY')?.address ?? ''
  const { href } = address
  const dispatcher = new EnvHttpProxyAgent({ httpProxy: href, httpsProxy: href, noProxy, proxyTunnel: false })
  const own = (target: string, init: object) => proxied(target, { ...init, dispatcher })
  return { fetch: own as unknown as typeof fetch, proxy: `; ${used.key} names the proxy ${address.host}` }
}

/** By a name that bundlers do not follow: a part of it needs a newer Node, and only whoever has a proxy needs it at all. */
async function undici(name = 'undici'): Promise<typeof import('undici')> {
  try {
    return await import(name)
  } catch (cause) {
    throw new UserError('downloads through a proxy need the package undici: npm install undici', { cause })
  }
}

interface Proxy {
  readonly key: string
  readonly address: string
}

/** The address of a proxy. What is wrong with it is told without any part of it: a password may stand anywhere. */
function checked({ key, address }: Proxy): URL {
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(address) ? address.replace(/^socks5h:/i, 'socks5:') : `http://${address}`
  const url = URL.canParse(whole) ? new URL(whole) : undefined
  if (!url || `${url.pathname}${url.search}${url.hash}`.includes('@'))
    throw new UserError(
      `${key} is no address of a proxy: it takes http://HOST:PORT or http://NAME:PASSWORD@HOST:PORT, with %23 for # in a password and so on`,
    )
  if (!['http:', 'https:', 'socks5:', 'socks:'].includes(url.protocol))
    throw new UserError(
      `${key} names a proxy of the kind ${url.protocol}//: those of http://, https:// and socks5:// are used`,
    )
  // A percent sign that stands for itself.
  for (const part of ['username', 'password'] as const) url[part] = url[part].replace(/%(?![\da-f]{2})/gi, '%25')
  return url
}
